"""Reads JSON: COCO files, lists of records, and JSON lines with a record a line."""

import json
from pathlib import Path
from typing import Any

from siamlink.detectors.base.errors import FormatError
from siamlink.detectors.formats.coco import is_results, read_coco, read_results
from siamlink.detectors.formats.named_columns import read_columns
from siamlink.detectors.formats.pictures import Pictures
from siamlink.detectors.formats.raw_boxes import Place, RawBoxes, no_boxes

RECORDS, LINES = "JSON records", "JSON lines"
LISTS = ("tracks", "detections", "objects", "boxes", "predictions", "instances")
"""What a record of a whole frame may call the list of its boxes."""
EXPECTED = 'expected COCO, or records such as {"frame": 1, "x_min": 10, "y_min": 20, "x_max": 40, "y_max": 80}'


def read_json(path: Path, text: str, pictures: Pictures) -> RawBoxes:
    """Read boxes from a JSON file of any known layout.

    Raises:
        FormatError: it is not JSON, or of no known layout.
    """
    first, _, rest = text.strip().partition("\n")
    if first.startswith("{") and first.rstrip().endswith("}") and (rest.strip() or "annotations" not in first):
        return _read_lines(path, text, pictures)
    content = _parse(path, text, 1)
    if isinstance(content, dict) and isinstance(content.get("annotations"), list):
        return read_coco(path, content, pictures)
    if isinstance(content, dict):
        lists = [value for name, value in content.items() if name in (*LISTS, "frames") and isinstance(value, list)]
        if not lists:
            found = ", ".join(str(name)[:30] for name in list(content)[:8])
            raise FormatError(path, f"{EXPECTED}; found an object with {found or 'nothing in it'}")
        content = lists[0]
    if not isinstance(content, list):
        raise FormatError(path, EXPECTED)
    if is_results(content):
        return read_results(path, content, pictures)
    places = [Place(path, item=f"record {number}") for number in range(1, len(content) + 1)]
    return _read_records(path, RECORDS, content, places, pictures)


def _read_lines(path: Path, text: str, pictures: Pictures) -> RawBoxes:
    numbered = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    records = [_parse(path, line, number) for number, line in numbered]
    return _read_records(path, LINES, records, [Place(path, number) for number, _ in numbered], pictures)


def _read_records(path: Path, form: str, records: list[Any], places: list[Place], pictures: Pictures) -> RawBoxes:
    """Boxes from records, one of each box, or one of each frame with a list of its boxes."""
    flat, flat_places = [], []
    for record, place in zip(records, places, strict=True):
        if not isinstance(record, dict):
            place.fail("expected an object with the values of a box")
        inner = next((name for name in LISTS if isinstance(record.get(name), list)), None)
        if inner is None:
            flat.append(_flat(record))
            flat_places.append(place)
            continue
        shared = {name: value for name, value in record.items() if name != inner}
        for each in record[inner]:
            if not isinstance(each, dict):
                place.fail(f"expected objects in {inner!r}")
            flat.append(_flat({**shared, **each}))
            flat_places.append(place)
    if not flat:
        return no_boxes(path, form)
    names = dict.fromkeys(name for record in flat for name in record)
    columns = {name: [record.get(name) for record in flat] for name in names}
    return read_columns(path, form, columns, lambda row, _: flat_places[row], pictures)


def _flat(record: dict[str, Any]) -> dict[str, Any]:
    """A record in which the parts of an inner object stand beside the others, as `box.x1`."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            flat.update({f"{name}.{part}": inner for part, inner in value.items()})
        else:
            flat[name] = value
    return flat


def _parse(path: Path, text: str, first_line: int) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = first_line + error.lineno - 1
        raise FormatError(path, f"not valid JSON: {error.msg}", line, error.colno) from None
    except (ValueError, RecursionError) as error:
        reason = "too deeply nested" if isinstance(error, RecursionError) else "a number is too long"
        raise FormatError(path, f"not valid JSON: {reason}") from None
