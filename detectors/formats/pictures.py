"""What is known of the pictures that a file of boxes belongs to, and how its numbers are to be read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import PurePath


class BoxFormat(StrEnum):
    """What the four numbers of a box are."""

    ltwh = "ltwh"
    """left, top, width, height"""
    xyxy = "xyxy"
    """left, top, right, bottom"""
    cxcywh = "cxcywh"
    """centre x, centre y, width, height"""

    @property
    def meaning(self) -> str:
        """The four numbers in words."""
        return {
            BoxFormat.ltwh: "left, top, width, height",
            BoxFormat.xyxy: "left, top, right, bottom",
            BoxFormat.cxcywh: "centre x, centre y, width, height",
        }[self]


@dataclass(frozen=True)
class Pictures:
    """What is known of the pictures that boxes belong to.

    Attributes:
        name: the video's name, by which a file of several videos is searched; None: not known.
        size: width and height in pixels; None: not known.
        first_frame: the number of the first picture.
        frame_count: how many pictures there are; None: not known.
        frame_of: the frame number of each picture by its file name, in order; empty for a video.
    """

    name: str | None = None
    size: tuple[int, int] | None = None
    first_frame: int = 1
    frame_count: int | None = None
    frame_of: Mapping[str, int] = field(default_factory=dict)

    @property
    def last_frame(self) -> int | None:
        """The number of the last picture; None where their count is not known."""
        return None if self.frame_count is None else self.first_frame + self.frame_count - 1

    @cached_property
    def frame_of_stem(self) -> Mapping[str, int]:
        """The frame number of each picture by its file name without folder and suffix."""
        return {PurePath(name).stem: frame for name, frame in self.frame_of.items()}

    @property
    def numbering(self) -> str:
        """How the pictures are numbered, for messages; empty where that is from 1 and the first name agrees."""
        if not self.frame_of:
            return "" if self.first_frame == 1 else f"the first picture is frame {self.first_frame}"
        name, number = next(iter(self.frame_of.items()))
        digits = re.search("[0-9]+$", PurePath(name).stem)
        return "" if digits and int(digits[0]) == number == 1 else f"{name} is frame {number}"


UNKNOWN = Pictures()
"""Nothing is known of the pictures."""


@dataclass(frozen=True)
class ReadingOptions:
    """How the numbers in a file are to be read, where the user says so.

    Attributes:
        box_format: what the four numbers of a box are; None: as the format defines, or its names of columns say.
        frames_from: the number of the first frame of a video in the file, 0 or 1; None: as the format defines.
    """

    box_format: BoxFormat | None = None
    frames_from: int | None = None
