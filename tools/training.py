"""What training and cross-validation share: annotated sequences made into examples, and one video kept out."""

from collections.abc import Iterable
from dataclasses import dataclass

from siamlink.association.labels import Truth, is_same_video, read_truth
from siamlink.association.matcher import Matcher
from siamlink.association.training import Example, TrainingParameters, make_example, train_matcher
from siamlink.detectors.errors import ConfigError, InputError
from siamlink.detectors.sequence import Sequence
from siamlink.tracker.offline import suppress_overlaps
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.stopwatch import Progress


@dataclass(frozen=True)
class AnnotatedVideo:
    """A sequence with its ground truth and an example for each of its detection files."""

    sequence: Sequence
    truth: Truth
    examples: tuple[Example, ...]


def read_videos(
    sequences: Iterable[Sequence], parameters: TrackerParameters, progress: Progress
) -> list[AnnotatedVideo]:
    """Read every sequence with ground truth, with every detection file in its `det/`.

    Raises:
        InputError: no sequence has ground truth and detections, or one has no frame rate.
    """
    usable = [
        sequence for sequence in sequences if sequence.truth_file.is_file() and any(sequence.folder.glob("det/*.txt"))
    ]
    if not usable:
        raise InputError("nothing to learn from: no sequence has both gt/gt.txt and det/*.txt")
    videos = []
    for done, sequence in enumerate(usable, 1):
        if sequence.frame_rate is None:
            raise InputError(f"{sequence.folder}: no frame rate; add seqinfo.ini with frameRate")
        truth = read_truth(sequence)
        examples = tuple(
            make_example(
                suppress_overlaps(sequence.read_detections(path), parameters.overlap_limit),
                truth,
                sequence.frame_rate,
                parameters.gate,
            )
            for path in sorted(sequence.folder.glob("det/*.txt"))
        )
        videos.append(AnnotatedVideo(sequence, truth, examples))
        progress("read", done, len(usable))
    return videos


def without(videos: list[AnnotatedVideo], tested: AnnotatedVideo) -> list[AnnotatedVideo]:
    """The videos that are another one than `tested`, whatever their names say."""
    return [video for video in videos if video is not tested and not is_same_video(video.truth, tested.truth)]


def excluding(videos: list[AnnotatedVideo], names: list[str]) -> list[AnnotatedVideo]:
    """The videos that are another one than those named.

    Raises:
        ConfigError: there is none of a name, or nothing is left to learn from.
    """
    known = {video.sequence.name: video for video in videos}
    kept = videos
    for name in names:
        if name not in known:
            raise ConfigError(f"--exclude {name}: there are only {', '.join(known)}")
        kept = without(kept, known[name])
    if not kept:
        raise ConfigError(f"--exclude {', '.join(names)} leaves nothing to learn from: give another video as well")
    return kept


def folds(
    videos: list[AnnotatedVideo], names: list[str] | None = None
) -> list[tuple[AnnotatedVideo, list[AnnotatedVideo]]]:
    """Each video to test, all or those named, with the videos to train its model on.

    Raises:
        ConfigError: there is no video of a name.
        InputError: one has no `det/det.txt`, or no other video is there to learn from.
    """
    known = {video.sequence.name: video for video in videos}
    if unknown := [name for name in names or [] if name not in known]:
        raise ConfigError(f"--sequences: no '{unknown[0]}' with gt/ and det/ is there, only {', '.join(known)}")
    pairs = [(known[name], without(videos, known[name])) for name in names or known]
    for tested, others in pairs:
        if not tested.sequence.detection_file.is_file():
            raise InputError(f"{tested.sequence.folder} has no det/det.txt to be tracked from")
        if not others:
            raise InputError(f"no other video than {tested.sequence.name} to learn from; cross-validation needs two")
    return pairs


def train_on(videos: list[AnnotatedVideo], parameters: TrainingParameters) -> Matcher:
    """Train a matcher on all examples of the videos."""
    return train_matcher([example for video in videos for example in video.examples], parameters)
