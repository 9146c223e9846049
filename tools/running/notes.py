"""What a user should know about a source that was tracked."""

from collections.abc import Iterator

from siamlink.detectors.base.counted import counted
from siamlink.detectors.formats.against_picture import lies_within_a_pixel
from siamlink.detectors.sources.frame_source import FrameSource
from siamlink.tools.running.classes_note import missing_classes_note
from siamlink.tools.running.job import Job
from siamlink.tools.running.left_out_note import left_out_note, stride_note
from siamlink.tools.running.live import losses_of
from siamlink.tools.running.outcome import Outcome
from siamlink.tracker.runs.inputs import WITHIN_A_PIXEL
from siamlink.tracker.runs.result import AppearanceUse
from siamlink.tracker.runs.score_note import score_note
from siamlink.tracker.runs.search import can_search

BEYOND = 1.05
"""Frames by those that a video states, from which on it is probably another one; some files state a few too few."""
NO_SEARCH = "it needs --mode offline, gaps.interpolate and a video that can be read twice"


def notes_on(outcome: Outcome, job: Job) -> list[str]:
    """The remarks, a line for each."""
    source, notes = outcome.source, []
    if source.frames is None:
        no_video = ", no video written" if job.video and not job.prints else ""
        no_window = ", nothing to show" if job.show else ""
        notes.append(f"{source.name} has no frames: tracked from its detections alone{no_video}{no_window}")
    elif outcome.result.appearance and outcome.result.appearance.missing:
        missing = outcome.result.appearance.missing
        notes.append(f"{source.name}: {missing}; appearance was used up to there, geometry alone after it")
    if outcome.result.appearance and outcome.result.appearance.ignored:
        notes.append(f"{source.name}: {_useless(outcome.result.appearance)}")
    if source.frames:
        notes += losses_of(source.frames)
    if not outcome.result.counts.detections:
        notes.append(f"{source.name}: no detections{_selection(job)}, so there are no tracks")
    if outcome.result.detector and lies_within_a_pixel(outcome.result.detections.box):
        notes.append(f"{source.name}: {WITHIN_A_PIXEL}")
    remarks = (
        missing_classes_note(outcome.result.class_names, job.detector_options),
        stride_note(outcome.result),
        left_out_note(outcome.result),
        score_note(outcome.result, job.detector_options.confidence),
    )
    notes += [f"{source.name}: {remark}" for remark in remarks if remark]
    if found := outcome.result.counts.found:
        boxes = counted(found, "box was", "boxes were")
        notes.append(f"{source.name}: {boxes} found by a search in the images, where the detector missed them")
    if outcome.result.search_unused:
        notes.append(f"{source.name}: gaps.search is not used: {outcome.result.search_unused}")
    if job.parameters.gaps.search:
        notes += [f"{source.name}: {each}" for each in _on_search(job, source.frames)]
    notes += _beyond_the_end(outcome)
    if outcome.result.broken:
        notes.append(f"{source.name}: {outcome.broken}; the results end there")
    elif outcome.broken:
        notes.append(f"{source.name}: {outcome.broken}; the video ends there, the tracks end with the detections")
    return notes


def _beyond_the_end(outcome: Outcome) -> Iterator[str]:
    """Whether given detections go on after the end that the video states, if nothing has read it up to there."""
    source, last = outcome.source, outcome.result.first_frame + outcome.result.frame_count - 1
    stated = source.frame_count
    if source.frames is None or source.live or outcome.broken or not stated or source.frames.last_number >= last:
        return
    if outcome.result.frame_count > BEYOND * stated:
        states = f"the file states {counted(stated, 'frame')}"
        yield f"{source.name}: {states}, but there are detections up to frame {last}: is it the right video?"


def _on_search(job: Job, frames: FrameSource | None) -> Iterator[str]:
    """What the user should know of a search before its results."""
    if not can_search(job.parameters, frames):
        yield f"gaps.search has no effect: {NO_SEARCH}"
    elif job.segments is not None:
        yield "gaps.search reads the whole video in one process, after the segments"


def _useless(use: AppearanceUse) -> str:
    """Why the appearance was not used, or not all the time."""
    separation = "" if use.separation is None else f" (separation {use.separation:.2f} of 1)"
    extent = "was not used" if use.ignored == 1 else f"was not used in {max(1, round(100 * use.ignored))} % of the run"
    return f"appearance {use.name} does not tell the objects of this video apart{separation}, so it {extent}"


def _selection(job: Job) -> str:
    """The options of the job that leave out detections."""
    options = job.detector_options
    score = "" if options.confidence is None else f" --confidence {options.confidence:g}"
    classes = "" if options.selected is None else f" --classes {','.join(map(str, options.selected))}"
    return f" with{score}{classes}" if score or classes else ""
