"""How tracks are written; kept apart from the writing, as the program reads this when it starts."""

from dataclasses import dataclass
from enum import StrEnum

FORMAT_NAMES = ("cvat", "coco", "csv", "jsonl", "parquet", "label-studio", "mot-zip", "geff")


class Keyframes(StrEnum):
    """Which boxes are key frames, in formats that have them."""

    sparse = "sparse"
    all = "all"


@dataclass(frozen=True)
class ExportOptions:
    """How tracks are written; each format uses some of these.

    Attributes:
        keyframes: every box is a key frame, or as few as give back all boxes within a pixel.
        gt: the layout of ground truth instead of that of a submission.
        predictions: the tracks are predictions instead of annotations.
        video_url: where the tool finds the video; empty: its file name.
    """

    keyframes: Keyframes = Keyframes.sparse
    gt: bool = False
    predictions: bool = False
    video_url: str = ""
