"""The names that programs give to the columns of a table of boxes, and which of them is what."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from siamlink.detectors.formats.pictures import BoxFormat

FRAME = ("frame", "frameindex", "frameid", "framenumber", "frameno", "framenum", "frameidx", "imageid", "imageindex")
FROM_ZERO = ("frameindex", "frameidx", "imageindex")
"""An index counts from 0."""
FILE = ("filename", "image", "imagename", "imagepath", "imagefile", "file", "filepath", "imagefilename")
VIDEO = ("video", "videoname", "sequence", "videoid")
ID = ("trackid", "trackerid", "id", "objectid", "objid", "targetid", "instanceid", "tid", "track")
SCORE = ("score", "confidence", "conf", "probability", "prob")
CLASS_NUMBER = ("classid", "categoryid", "cls", "clsid", "labelid", "classindex")
CLASS_NAME = ("classname", "categoryname", "labelname", "objectclass", "name")
CLASS = ("class", "label", "category", "type")
"""Either of them."""
INTERPOLATED = ("interpolated", "isinterpolated")
LINK = ("linkprobability",)
FOUND = ("found", "isfound")
LEFT, TOP = ("xmin", "x1", "left", "xtl", "x0", "xleft", "l"), ("ymin", "y1", "top", "ytl", "y0", "ytop", "t")
RIGHT, BOTTOM = ("xmax", "x2", "right", "xbr", "xright", "r"), ("ymax", "y2", "bottom", "ybr", "ybottom", "b")
WIDTH, HEIGHT = ("width", "w"), ("height", "h")
CENTRE_X = ("xcentre", "xcenter", "centrex", "centerx", "cx", "xc")
CENTRE_Y = ("ycentre", "ycenter", "centrey", "centery", "cy", "yc")
CORNERS = (
    (BoxFormat.xyxy, (LEFT, TOP, RIGHT, BOTTOM)),
    (BoxFormat.ltwh, (LEFT, TOP, WIDTH, HEIGHT)),
    (BoxFormat.cxcywh, (CENTRE_X, CENTRE_Y, WIDTH, HEIGHT)),
    (BoxFormat.ltwh, (("x",), ("y",), WIDTH, HEIGHT)),
)
"""Four columns of a box each; the first kind that is complete is taken."""
LISTS = {
    "bbox": BoxFormat.ltwh,
    "boundingbox": BoxFormat.ltwh,
    "ltwh": BoxFormat.ltwh,
    "tlwh": BoxFormat.ltwh,
    "xywh": BoxFormat.ltwh,
    "box": BoxFormat.xyxy,
    "xyxy": BoxFormat.xyxy,
    "cxcywh": BoxFormat.cxcywh,
    "xywhn": BoxFormat.cxcywh,
}
"""One column that holds all four numbers."""
KNOWN = {
    *(*FRAME, *FILE, *VIDEO, *ID, *SCORE, *CLASS_NUMBER, *CLASS_NAME, *CLASS, *INTERPOLATED, *LINK, *FOUND, *LISTS),
    *(name for _, sides in CORNERS for side in sides for name in side),
}
"""All these names."""
EXPECTED = "a frame (frame, frame_index, image_id) and a box (x_min, y_min, x_max, y_max; or left, top, width, height)"


@dataclass(frozen=True)
class Roles:
    """Which column is what; None where there is none.

    Attributes:
        frame: the number of the frame.
        file: the file name of the picture.
        box: the columns of the four numbers, or the one that holds all of them.
        box_format: what these numbers are.
        either: numbers or names of classes.
        video, id, score, class_number, class_name, interpolated, link, found: of these.
    """

    frame: str | None
    file: str | None
    box: tuple[str, ...] | None
    box_format: BoxFormat
    video: str | None
    id: str | None
    score: str | None
    class_number: str | None
    class_name: str | None
    either: str | None
    interpolated: str | None
    link: str | None
    found: str | None

    @property
    def complete(self) -> bool:
        """Whether there are a frame and a box."""
        return (self.frame or self.file) is not None and self.box is not None


def plain(name: str) -> str:
    """A name in lower case without other characters than letters and digits, and without `bbox` before it."""
    bare = re.sub(r"[^a-z0-9]", "", name.casefold())
    return bare if bare in LISTS else re.sub(r"^(boundingbox|bbox|box|bb)(?=.)", "", bare)


def roles_of(columns: Iterable[str]) -> Roles:
    """Which of the named columns is what."""
    by_plain: dict[str, str] = {}
    for name in columns:
        by_plain.setdefault(plain(name), name)

    def first(*names: str) -> str | None:
        return next((by_plain[name] for name in names if name in by_plain), None)

    box, box_format = None, BoxFormat.ltwh
    for form, sides in CORNERS:
        found = [name for name in (first(*side) for side in sides) if name is not None]
        if len(found) == 4:
            box, box_format = tuple(found), form
            break
    else:
        for name, form in LISTS.items():
            if name in by_plain:
                box, box_format = (by_plain[name],), form
                break
    return Roles(
        frame=first(*FRAME),
        file=first(*FILE),
        box=box,
        box_format=box_format,
        video=first(*VIDEO),
        id=first(*ID),
        score=first(*SCORE),
        class_number=first(*CLASS_NUMBER),
        class_name=first(*CLASS_NAME),
        either=first(*CLASS),
        interpolated=first(*INTERPOLATED),
        link=first(*LINK),
        found=first(*FOUND),
    )
