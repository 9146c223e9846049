"""The models trained on other videos: which detections are objects, and corrections of the ratios of links."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from siamlink.association.calibrated.learned import LearnedLinks
from siamlink.association.calibrated.object_model import ObjectModel
from siamlink.association.calibrated.online_tracks import ONLINE_NAMES

WEIGHTS = Path(__file__).parent / "weights"
ALONE_FILE, IN_TRACK_FILE, LINKS_FILE, ONLINE_FILE = "alone.json", "in_track.json", "links.json", "online.json"
CALIBRATED_FILES = (ALONE_FILE, IN_TRACK_FILE, LINKS_FILE, ONLINE_FILE)


@dataclass(frozen=True)
class Models:
    """The trained models.

    Attributes:
        alone: the probability that a detection is an object, from features that do not depend on its track.
        in_track: the same, from features of the detection and of its track.
        links: corrects the likelihood ratios of links; None for no correction.
        online: the probability that a detection is an object, from its features and those of its track so far.
    """

    alone: ObjectModel
    in_track: ObjectModel
    links: LearnedLinks | None
    online: ObjectModel

    @classmethod
    def load(cls, folder: Path) -> "Models":
        """Load the models of a folder. It may lack `links.json`, and `online.json`: then the shipped one is used."""
        links, online = folder / LINKS_FILE, folder / ONLINE_FILE
        return cls(
            ObjectModel(folder / ALONE_FILE),
            ObjectModel(folder / IN_TRACK_FILE),
            LearnedLinks(links) if links.exists() else None,
            ObjectModel(online if online.exists() else WEIGHTS / ONLINE_FILE, ONLINE_NAMES),
        )


@cache
def shipped_models() -> Models:
    """The models that come with the package."""
    return Models.load(WEIGHTS)
