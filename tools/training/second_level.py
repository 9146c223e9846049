"""Training of the second level, on tracklets of videos that the first level never saw."""

from collections.abc import Iterator

from siamlink.association.appearance.appearance import Appearances
from siamlink.association.matcher import Matcher
from siamlink.association.solvers.costs import link_problem
from siamlink.association.solvers.solvers import solve_lp
from siamlink.association.tracklets.candidates import candidate_tracklet_pairs
from siamlink.association.tracklets.linking import TrackletAppearance, describe_tracklets
from siamlink.association.tracklets.matcher import TrackletMatcher
from siamlink.association.tracklets.tracklets import make_tracklets
from siamlink.association.training.link_training import LinkExample, TrainingParameters
from siamlink.association.training.tracklet_training import (
    TrackletExample,
    TrackletTrainingParameters,
    make_tracklet_example,
    train_tracklet_matcher,
)
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.frame_source import DEFAULT_FRAME_RATE
from siamlink.tools.training.annotated_video import AnnotatedVideo, by_video, recall, train_on
from siamlink.tracker.parameters import TrackerParameters


def train_second_level(
    videos: list[AnnotatedVideo],
    appearance: Appearances | None,
    tracking: TrackerParameters,
    parameters: TrainingParameters,
) -> TrackletMatcher:
    """Train the models of the second level.

    The videos are split in two halves, and the tracklets of each are made by a first level trained on the other half:
    on its own training videos, the first level would make better tracklets than on new videos.

    Raises:
        InputError: there are fewer than two videos, or nothing to learn from in them.
    """
    groups = by_video(videos)
    if len(groups) < 2:
        raise InputError("a second level needs two videos to learn from: give another video, or --set levels=1")
    halves = [[video for group in groups[start::2] for video in group] for start in (0, 1)]
    examples: list[TrackletExample] = []
    for half, other in (halves, halves[::-1]):
        first_level = train_on(other, parameters)
        examples += [made for video in half for made in _examples(video, first_level, tracking)]
    label = appearance.label if appearance else ""
    return train_tracklet_matcher(examples, TrackletTrainingParameters(seed=parameters.seed), label)


def _examples(video: AnnotatedVideo, matcher: Matcher, tracking: TrackerParameters) -> Iterator[TrackletExample]:
    for example in video.examples:
        if len(example.detections):
            yield _example(video, example, matcher, tracking)


def _example(
    video: AnnotatedVideo, example: LinkExample, matcher: Matcher, tracking: TrackerParameters
) -> TrackletExample:
    second, detections = tracking.tracklets, example.detections
    link, detection = matcher.first_level(detections, example.scene, example.pairs, example.features)
    safe = solve_lp(link_problem(detections, example.pairs, link, detection, second.safe)).track_ids()
    rate = video.sequence.frame_rate or DEFAULT_FRAME_RATE
    tracklets = make_tracklets(detections, safe, detection, rate, second.summary)
    pairs = candidate_tracklet_pairs(tracklets, second.gate)
    if (describe := recall(example)) is not None:
        tracklets = describe_tracklets(tracklets, pairs, second.summary, TrackletAppearance(describe))
    return make_tracklet_example(tracklets, pairs, example.scene, example.identity, video.sequence.size)
