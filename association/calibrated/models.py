"""What is learned from other videos: which detections are objects, and what a link's likelihood ratio leaves out."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from siamlink.association.calibrated.learned import LearnedLinks
from siamlink.association.calibrated.truth import TruthModel

WEIGHTS = Path(__file__).parent / "weights"


@dataclass(frozen=True)
class Models:
    """The learned models.

    Attributes:
        alone: the probability to be an object by the detection's own features and what the sequence says of scores.
        in_track: the same by those of its track as well.
        links: corrects the ratios of links; nothing leaves the calibrated ratios as they are.
    """

    alone: TruthModel
    in_track: TruthModel
    links: LearnedLinks | None

    @classmethod
    def load(cls, folder: Path) -> "Models":
        """The models `alone.json`, `in_track.json` and, where it is there, `links.json` of a folder."""
        links = folder / "links.json"
        return cls(
            TruthModel(folder / "alone.json"),
            TruthModel(folder / "in_track.json"),
            LearnedLinks(links) if links.exists() else None,
        )


@cache
def shipped_models() -> Models:
    """The models that come with the package."""
    return Models.load(WEIGHTS)
