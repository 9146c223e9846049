"""One line about scores that are not from 0 to 1."""

from siamlink.tracker.runs.result import TrackingResult

LEAST_OUTSIDE = 0.1
"""Share of the scores that are not from 0 to 1, from which on they are no probabilities with a few outliers."""
LEAST_PERCENT, MOST_PERCENT, LARGEST_LOGIT = 10, 100, 30
"""Percentages have their largest between the first two; logits have none beyond the last."""
OTHERWISE = ("hog",)
"""Detectors of siamlink whose scores are no probabilities."""


def score_note(result: TrackingResult, confidence: float | None) -> str:
    """What to say about the scores of the detections of a video, and what helps; empty if they do no harm.

    Both kinds of matching compare scores with one another. Calibrated matching uses them as probabilities in addition,
    where all of them are from 0 to 1.

    Args:
        result: with its detections; of a live source they are not known.
        confidence: the lowest score that was selected, if one was given.
    """
    score = result.detections.score
    if result.detector in OTHERWISE or not len(score) or score.min() == score.max():
        return ""
    if (result.matching != "calibrated" and confidence is None) or ((score < 0) | (score > 1)).mean() < LEAST_OUTSIDE:
        return ""
    low, high = float(score.min()), float(score.max())
    if low >= 0 and LEAST_PERCENT <= high <= MOST_PERCENT:
        kind, remedy = "look like percentages", "divide them by 100"
    elif low < 0 and max(-low, high) <= LARGEST_LOGIT:
        kind, remedy = "look like logits", "give 1 / (1 + exp(-score))"
    else:
        kind, remedy = "are no probabilities", "give probabilities if the detector has them"
    selected = "" if confidence is None else f" and with the confidence {confidence:g}"
    used = f"they are compared with one another{selected}, but not used as probabilities"
    return f"scores from {low:.3g} to {high:.3g} {kind}: {used}; {remedy}"
