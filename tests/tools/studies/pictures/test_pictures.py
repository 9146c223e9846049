"""The pictures of the documents: small, and the same each time."""

from pathlib import Path

import pytest

from siamlink.tools.studies.pictures.command import FILES
from siamlink.tools.studies.pictures.crossing import Clip, drawn_clips
from siamlink.tools.studies.pictures.link_costs import draw_link_costs
from siamlink.tools.studies.pictures.link_graph import draw_link_graph

DOCS = Path(__file__).parents[4] / "docs"


@pytest.fixture(scope="module")
def clip() -> Clip:
    return drawn_clips()[0]


@pytest.mark.parametrize("name", FILES)
def test_the_pictures_of_the_documents_are_small(name: str) -> None:
    assert (DOCS / name).stat().st_size < (3_000_000 if name.endswith(".webp") else 200_000)


@pytest.mark.slow
@pytest.mark.parametrize("draw", [draw_link_graph, draw_link_costs])
def test_a_picture_is_the_same_each_time(draw, clip: Clip, tmp_path: Path) -> None:
    for name in ("one.svg", "other.svg"):
        draw(clip, tmp_path / name)
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "other.svg").read_bytes()
