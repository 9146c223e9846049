"""The report: a gain is claimed only beyond noise."""

import pytest
import yaml

from siamlink.tools.tuning.choices import Objective
from siamlink.tools.tuning.evaluation import Figures
from siamlink.tools.tuning.report import HeldOut, Report
from siamlink.tools.tuning.space import Changes, SearchSpace, Setting
from siamlink.tracker.configuration import load_parameters

SPACE = SearchSpace(load_parameters("fast"), (Setting("overlap_limit", 0.45, low=0.2, high=0.9),))
CHANGES: Changes = (("overlap_limit", 0.6),)


def report(*gains: float, changes: Changes = CHANGES) -> Report:
    held_out = [
        HeldOut(f"video {index}", Figures(40, 50, 60), Figures(40 + gain, 50, 58), changes)
        for index, gain in enumerate(gains)
    ]
    return Report(SPACE, Objective.HOTA, tuple(held_out), changes, 40.0, 43.0, {"overlap_limit": 1.0}, 20)


@pytest.mark.parametrize(
    ("gains", "probability"),
    [
        ((1.0, 2.0, 3.0, 1.0, 2.0), 1 / 32),  # of the sign changes, none gives as much
        ((1.0, 2.0, 3.0, -0.5, 2.0), 2 / 32),  # that of -0.5 gives more
        ((0.0, 0.0, 0.0, 0.0, 0.0), 1.0),
        ((-1.0, -1.0, -1.0, -1.0, -1.0), 1.0),
        ((1.0, 1.0), 1 / 4),
    ],
)
def test_the_probability_counts_sign_changes(gains: tuple[float, ...], probability: float) -> None:
    assert report(*gains).probability == pytest.approx(probability)


def test_a_gain_is_claimed_only_beyond_noise() -> None:
    assert report(1, 2, 3, 1, 2).verdict.startswith("gain: +1.8 HOTA on videos that the settings were not chosen by")
    assert report(1, 2, 3, -1, 2).verdict.startswith("no gain beyond noise: +1.4 HOTA")
    assert report(9, 9, 9, 9).verdict.endswith("4 videos are too few to show one, 5 are needed")
    assert not report(9, 9, 9, 9).has_gain
    assert report(0, 0, changes=()).verdict == "no gain: nothing that was tried is better than the configuration"


def test_the_tables_show_videos_mean_and_spread() -> None:
    table = report(1, 3).table()
    assert table.rows[0] == ("video 0", "40.0", "41.0", "+1.0")
    assert table.rows[2] == ("mean", "40.0", "42.0", "+2.0")
    assert table.rows[3][3] == "1.4"
    assert "HOTA +2.0, IDF1 +0.0, MOTA -2.0" in table.caption
    (row,) = report(1, 3).settings_table().rows
    assert row == ("overlap_limit", "0.45", "0.6", "0.6", "100 %")


def test_the_configuration_is_that_of_the_search_with_the_changes() -> None:
    text = report(1, 3).configuration("remark")
    assert text.startswith("# remark\n# no gain beyond noise")
    assert yaml.safe_load(text) == {"appearance": "none", "gate": {"max_link_frames": 3}, "overlap_limit": 0.6}
