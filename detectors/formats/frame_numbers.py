"""From the frame numbers of a file to those of the pictures."""

from dataclasses import replace

import numpy as np

from siamlink.detectors.formats.pictures import Pictures, ReadingOptions
from siamlink.detectors.formats.raw_boxes import FRAME, RawBoxes


def number_frames(raw: RawBoxes, pictures: Pictures, options: ReadingOptions) -> Pictures:
    """Change the frames of a file that counts from 0 into frames that count from 1, and note it.

    Where the option does not say what the file counts from, its format does. Where that is open, or the frames do not
    fit the pictures so, the numbers themselves decide.

    Returns:
        The pictures, counted from 1 if that fits the frames and the numbers in the pictures' names do not.
    """
    frame = raw.numbers[:, FRAME]
    if not len(raw) or not np.isfinite(frame).all():
        return pictures
    first, last = int(frame.min()), int(frame.max())
    shift, why = _shift(raw, pictures, options, first, last)
    if shift:
        raw.numbers[:, FRAME] = frame + 1
    if shift and options.frames_from is None:
        raw.notes.append(f"frames are counted from 0{why}: frame 0 of the file is frame 1 here")
    elif why:
        raw.notes.append(why)
    first, last = first + shift, last + shift
    if first < pictures.first_frame and first >= 1 and last <= (pictures.frame_count or 0):
        renumbered = count_from_one(pictures)
        how = f": {renumbered.numbering}" if renumbered.numbering else ""
        raw.notes.append(f"pictures are counted from 1, as the boxes are{how}")
        return renumbered
    return pictures


def count_from_one(pictures: Pictures) -> Pictures:
    """The pictures with other numbers, from 1."""
    offset = pictures.first_frame - 1
    frame_of = {name: frame - offset for name, frame in pictures.frame_of.items()}
    return replace(pictures, first_frame=1, frame_of=frame_of)


def _shift(raw: RawBoxes, pictures: Pictures, options: ReadingOptions, first: int, last: int) -> tuple[int, str]:
    """What to add to the frames, 0 or 1, and why, for a note; without a reason there is nothing to note."""
    if options.frames_from is not None:
        return 1 - options.frames_from, ""
    end = pictures.last_frame
    if raw.counts_from == 0:
        if first >= 1 and end is not None and last + 1 > end >= last:
            return 0, f"frames are counted from 1, though {raw.format} counts from 0: the last frame is {last}"
        return 1, f", as {raw.format} does"
    if raw.counts_from is None and first == 0:
        return 1, ""
    return 0, ""
