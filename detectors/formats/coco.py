"""Reads COCO JSON: a whole file with images and annotations, or a list of results."""

from collections import Counter
from pathlib import Path, PurePath
from typing import Any

from siamlink.detectors.base.counted import counted
from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.class_names import HIGHEST, ClassNames
from siamlink.detectors.formats.named_columns import number_at_end, read_columns
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.raw_boxes import Place, RawBoxes, no_boxes

NAME, RESULTS = "COCO JSON", "COCO results"
FRAME_KEYS = ("frame_id", "frame_index", "frame")
ID_KEYS = ("track_id", "instance_id", "tracker_id", "object_id")
KEPT = ("interpolated", "link_probability", "found", "score")
"""Values of an annotation that may also stand in its `attributes`."""
Images = dict[Any, dict[str, Any]]


def is_results(records: list[Any]) -> bool:
    """Whether a list is one of COCO results: each has an image and a `bbox`."""
    return bool(records) and all(isinstance(each, dict) and {"image_id", "bbox"} <= each.keys() for each in records)


def read_results(path: Path, records: list[dict[str, Any]], pictures: Pictures) -> RawBoxes:
    """Boxes from a list of results: `image_id` is the frame number, or a file name that holds it.

    Raises:
        FormatError: a value is missing or no number.
    """
    places = [Place(path, item=f"result {number}") for number in range(1, len(records) + 1)]
    columns = {"frame": [each["image_id"] for each in records], **_columns(records)}
    if any(isinstance(frame, str) for frame in columns["frame"]):
        columns["file_name"] = columns.pop("frame")
    return read_columns(path, RESULTS, columns, lambda row, _: places[row], pictures)


def read_coco(path: Path, content: dict[str, Any], pictures: Pictures) -> RawBoxes:
    """Boxes from a file with images, annotations and categories, and perhaps videos.

    The frame of an image is its file's among the pictures, else its `frame_id`, else the last number in its file name,
    else its place in the list.

    Raises:
        FormatError: a part is missing or malformed, or the file holds several videos, none of the pictures' name.
    """
    images = _by_id(path, content, "images")
    chosen = _video(path, content, images, pictures)
    images = {number: image for number, image in images.items() if chosen is None or image.get("video_id") == chosen}
    frame_of, counts_from, note = _frames(images, pictures)
    records, places = [], []
    for number, annotation in enumerate(content["annotations"], 1):
        place = Place(path, item=f"annotation {number}")
        if not isinstance(annotation, dict) or "bbox" not in annotation or "image_id" not in annotation:
            place.fail("expected an object with image_id and bbox")
        if annotation["image_id"] in images:
            records.append(annotation)
            places.append(place)
        elif chosen is None:
            place.fail(f"there is no image of the id {str(annotation['image_id'])[:40]}")
    names = _class_names(path, content)
    if not records:
        return no_boxes(path, NAME)
    columns = {"frame": [frame_of[each["image_id"]] for each in records], **_columns(records)}
    raw = read_columns(path, NAME, columns, lambda row, _: places[row], pictures)
    raw.counts_from, raw.class_names = counts_from, names
    raw.notes += [note] if note else []
    return raw


def video_names(content: dict[str, Any]) -> list[str]:
    """The names of the videos of a COCO file, without suffix; empty if it has none."""
    videos = content.get("videos")
    found = [each for each in videos if isinstance(each, dict)] if isinstance(videos, list) else []
    return [PurePath(str(each.get("name") or each.get("file_name") or each.get("id"))).stem for each in found]


def _columns(records: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The columns beside the frame, without those that no record has."""

    def value(record: dict[str, Any], *keys: str) -> Any:
        attributes = record.get("attributes")
        for part in (record, attributes if isinstance(attributes, dict) else {}):
            for key in keys:
                if part.get(key) is not None:
                    return part[key]
        return None

    columns = {"bbox": [each["bbox"] for each in records]}
    for name, keys in (("track_id", ID_KEYS), ("category_id", ("category_id",)), *((key, (key,)) for key in KEPT)):
        values = [value(each, *keys) for each in records]
        if any(each is not None for each in values):
            columns[name] = values
    return columns


def _by_id(path: Path, content: dict[str, Any], part: str) -> Images:
    entries = content.get(part)
    if not isinstance(entries, list) or not all(isinstance(each, dict) and _is_key(each.get("id")) for each in entries):
        raise FormatError(path, f"expected a list of {part}, each with an id")
    found = {each["id"]: each for each in entries}
    if len(found) < len(entries):
        twice = Counter(each["id"] for each in entries).most_common(1)[0][0]
        raise FormatError(path, f"two {part} have the id {twice!r:.40}")
    return found


def _is_key(value: Any) -> bool:
    return isinstance(value, int | str)


def _video(path: Path, content: dict[str, Any], images: Images, pictures: Pictures) -> Any:
    """The id of the video that is read; None where there is no more than one."""
    ids = list(dict.fromkeys(image.get("video_id") for image in images.values() if _is_key(image.get("video_id"))))
    if len(ids) < 2:
        return None
    videos = _by_id(path, content, "videos") if content.get("videos") else {}
    names = {
        each: str(videos.get(each, {}).get("name") or videos.get(each, {}).get("file_name") or each) for each in ids
    }
    mine = [each for each, name in names.items() if pictures.name in (name, PurePath(name).stem)]
    if not mine:
        shown = ", ".join(list(names.values())[:5]) + (", ..." if len(names) > 5 else "")
        raise FormatError(path, f"holds {counted(len(names), 'video')}, but not {pictures.name}: {shown}")
    return mine[0]


def _frames(images: Images, pictures: Pictures) -> tuple[dict[Any, Any], int | None, str]:
    """The frame of each image by its id, from what they count, and what was assumed."""
    stems = {number: PurePath(str(image.get("file_name", ""))).stem for number, image in images.items()}
    known = pictures.frame_of_stem
    if known and all(stem in known for stem in stems.values()):
        return {number: known[stem] for number, stem in stems.items()}, 1, ""
    for key in FRAME_KEYS:
        if all(isinstance(image.get(key), int) for image in images.values()):
            return _counted({number: image[key] for number, image in images.items()}, "")
    numbers = {number: number_at_end(stem) for number, stem in stems.items()}
    if None not in numbers.values() and len(set(numbers.values())) == len(numbers):
        return _counted(numbers, "frames are the numbers in the file names of the images")
    in_order = {number: place for place, number in enumerate(images, 1)}
    return in_order, 1, "frames are counted in the order of the list of images"


def _counted(frames: dict[Any, Any], note: str) -> tuple[dict[Any, Any], int, str]:
    """Frames with what they count from: 0 if an image has this number, with boxes or without."""
    return frames, 0 if min(frames.values(), default=1) == 0 else 1, note


def _class_names(path: Path, content: dict[str, Any]) -> ClassNames | None:
    categories = content.get("categories")
    if not categories:
        return None
    names = {}
    for number, category in _by_id(path, content, "categories").items():
        if not isinstance(number, int) or not 0 <= number <= HIGHEST or not category.get("name"):
            raise FormatError(path, f"category {str(number)[:40]}: expected a number from 0 to {HIGHEST} and a name")
        names[number] = str(category["name"])
    try:
        return ClassNames(names)
    except InputError as error:
        raise FormatError(path, str(error)) from None
