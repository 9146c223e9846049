"""What the shipped models were trained on."""

SHIPPED_LEARNED_FROM = (
    *("ADL-Rundle-6", "ETH-Sunnyday", "KITTI-17", "PETS09-S2L1", "TUD-Campus"),
    *(f"MOT{year}-{number}" for year in (16, 17) for number in ("02", "04", "09", "10")),
)
"""Sequences of the videos that the shipped models were trained on; names of MOT17 end with the detector."""


def is_known_to_shipped_models(name: str) -> bool:
    """Whether the shipped models were trained on the video of a sequence of this name."""
    return any(name == known or name.startswith(f"{known}-") for known in SHIPPED_LEARNED_FROM)
