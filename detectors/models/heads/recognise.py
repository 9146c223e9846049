"""Which family a network belongs to."""

from siamlink.detectors.models.heads.detr import LabelledBoxesHead, QueryHead, UltralyticsDetrHead
from siamlink.detectors.models.heads.head import Head, Probe
from siamlink.detectors.models.heads.nanodet import NanodetHead
from siamlink.detectors.models.heads.yolo import AnchorFreeYoloHead, AnchorYoloHead, EndToEndYoloHead
from siamlink.detectors.models.heads.yolox import YoloxHead

HEADS: tuple[type[Head], ...] = (
    YoloxHead,
    NanodetHead,
    AnchorYoloHead,
    AnchorFreeYoloHead,
    UltralyticsDetrHead,
    EndToEndYoloHead,
    LabelledBoxesHead,
    QueryHead,
)
SUPPORTED = (
    "known are YOLOX, NanoDet, YOLOv5 to YOLO26, RT-DETR, D-FINE and RF-DETR; for any other network write a function "
    "detect(image) that returns rows x1 y1 x2 y2 score class, and give --detector FILE.py:detect"
)


def recognise(probe: Probe) -> Head | None:
    """The head of a network; None if it is of no known family."""
    return next((head for kind in HEADS if (head := kind.recognise(probe))), None)
