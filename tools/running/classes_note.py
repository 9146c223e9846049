"""What a user should know about the classes that a detector reports."""

from siamlink.detectors.class_names import ClassNames
from siamlink.detectors.detector import LoadedDetector
from siamlink.detectors.detector_options import DetectorOptions


def classes_note(detector: LoadedDetector, options: DetectorOptions) -> str | None:
    """What a detector of several classes reports by default; None if the user chose, or there is nothing to choose."""
    described = detector.description
    known, classes = described.get("known_classes"), described["classes"]
    if options.classes is not None or not known or known == 1:
        return None
    if classes == "all":
        return f"{detector.name} reports all its {known} classes; --classes selects some"
    return (
        f"{detector.name} reports the class {', '.join(classes)} only, of {known}; "
        "--classes selects others, such as person,car, or all"
    )


def missing_classes_note(names: ClassNames | None, options: DetectorOptions) -> str | None:
    """Which selected classes did not occur, of a detector that states no classes; None if there are none."""
    known = {name.casefold() for name in (names or {}).values()}
    missing = [
        each
        for each in options.selected or ()
        if isinstance(each, str) and not each.isdecimal() and each.casefold() not in known
    ]
    if not names or not missing:
        return None
    return f"no detection was of class {', '.join(missing)}; the detector reported {', '.join(names.values())}"
