"""The models trained on other videos: which detections are objects, and corrections of the ratios of links."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from siamlink.association.calibrated.learned import LearnedLinks
from siamlink.association.calibrated.object_model import ObjectModel

WEIGHTS = Path(__file__).parent / "weights"
ALONE_FILE, IN_TRACK_FILE, LINKS_FILE = "alone.json", "in_track.json", "links.json"
CALIBRATED_FILES = (ALONE_FILE, IN_TRACK_FILE, LINKS_FILE)


@dataclass(frozen=True)
class Models:
    """The trained models.

    Attributes:
        alone: the probability that a detection is an object, from features that do not depend on its track.
        in_track: the same, from features of the detection and of its track.
        links: corrects the likelihood ratios of links; None for no correction.
    """

    alone: ObjectModel
    in_track: ObjectModel
    links: LearnedLinks | None

    @classmethod
    def load(cls, folder: Path) -> "Models":
        """Load `alone.json`, `in_track.json` and, if it exists, `links.json` from a folder."""
        links = folder / LINKS_FILE
        return cls(
            ObjectModel(folder / ALONE_FILE),
            ObjectModel(folder / IN_TRACK_FILE),
            LearnedLinks(links) if links.exists() else None,
        )


@cache
def shipped_models() -> Models:
    """The models that come with the package."""
    return Models.load(WEIGHTS)
