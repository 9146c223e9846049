import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamlink.association.solvers.constraints import Constraint, Groups, cannot_link, group_detections, must_link
from siamlink.detectors.base.errors import ConstraintError

FRAMES = np.array([1, 1, 2, 2, 3, 3, 4, 5], np.int32)
TOGETHER = "two detections of frame {} would be in one track"
BOTH = "two detections must, and cannot, be in one track"


def test_must_link_is_transitive() -> None:
    groups = group_detections(FRAMES, [must_link(0, 2), must_link(6, 4), must_link(4, 2), cannot_link(1, 7)])
    assert len(set(groups.group[[0, 2, 4, 6]].tolist())) == 1
    assert groups.constrained.tolist() == [True, True, True, False, True, False, True, True]
    assert groups.required.tolist() == [True, False, True, False, True, False, True, False]
    assert groups.apart.tolist() == [[groups.group[1], groups.group[7]]]
    assert groups.first is groups.last
    assert groups.first.tolist() == FRAMES.tolist()


def test_a_node_apart_from_a_member_is_apart_from_the_group() -> None:
    groups = group_detections(FRAMES, [cannot_link(4, 1), must_link(0, 4), must_link(1, 3)])
    assert groups.apart_from(groups.group[0]).tolist() == [groups.group[3]]
    assert groups.apart_from(groups.group[3]).tolist() == [groups.group[0]]


def test_without_constraints_there_are_no_groups() -> None:
    groups = group_detections(FRAMES, [])
    assert not groups.constrained.any()
    assert not groups.required.any()
    assert groups.apart.shape == (0, 2)
    ids = np.array([0, 2, 1, 1, 2, 0, 1, 3], np.int32)
    assert np.unique(groups.joined(ids), return_inverse=True)[1].tolist() == ids.tolist()


def test_rows_are_whole_numbers_and_constraints_are_made_of_them() -> None:
    assert must_link(np.int64(3), 4) == must_link(3, 4)
    with pytest.raises(TypeError):
        must_link(1.5, 2)
    with pytest.raises(ConstraintError, match=r"expected must_link\(a, b\) or cannot_link\(a, b\), not \(1, 2\)"):
        group_detections(FRAMES, [(1, 2)])


CONTRADICTIONS = [
    ([must_link(0, 8)], "must_link(0, 8): no detection has the row 8; rows are 0 to 7"),
    ([cannot_link(-1, 2)], "cannot_link(-1, 2): no detection has the row -1; rows are 0 to 7"),
    ([cannot_link(2, 2)], "cannot_link(2, 2): both rows are the same detection"),
    ([must_link(0, 1)], f"must_link(0, 1): {TOGETHER.format(1)}"),
    (
        [must_link(4, 7), must_link(0, 7), must_link(7, 2), must_link(2, 1)],
        f"must_link(0, 7), must_link(7, 2) and must_link(2, 1): {TOGETHER.format(1)}",
    ),
    (
        [must_link(0, 2), must_link(6, 7), cannot_link(2, 0)],
        f"must_link(0, 2) and cannot_link(2, 0): {BOTH}",
    ),
    (
        [cannot_link(0, 6), must_link(0, 2), must_link(4, 2), must_link(6, 4), must_link(4, 7)],
        f"cannot_link(0, 6), must_link(0, 2), must_link(4, 2) and must_link(6, 4): {BOTH}",
    ),
    (
        [must_link(0, 2), must_link(2, 4), must_link(4, 6), must_link(6, 0), cannot_link(0, 4)],
        f"must_link(0, 2), must_link(2, 4) and cannot_link(0, 4): {BOTH}",
    ),
]


@pytest.mark.parametrize(("constraints", "message"), CONTRADICTIONS)
def test_only_the_constraints_that_contradict_are_named(constraints: list[Constraint], message: str) -> None:
    with pytest.raises(ConstraintError) as raised:
        group_detections(FRAMES, constraints)
    assert str(raised.value) == message


ROWS = st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda rows: rows[0] != rows[1])
SETS = st.lists(st.builds(lambda rows, kind: kind(*rows), ROWS, st.sampled_from([must_link, cannot_link])), max_size=8)


@pytest.mark.slow
@given(SETS)
def test_a_set_is_refused_exactly_when_no_ids_satisfy_it(
    constraints: list[Constraint],
) -> None:
    merged = list(range(8))
    for each in constraints:
        if each.together:
            merged = [merged[each.a] if one == merged[each.b] else one for one in merged]
    people = set(zip(merged, FRAMES.tolist(), strict=True))
    possible = len(people) == 8 and all(each.together or merged[each.a] != merged[each.b] for each in constraints)
    try:
        groups = group_detections(FRAMES, constraints)
    except ConstraintError as error:
        assert not possible
        named = [each for each in constraints if each.origin in str(error)]
        with pytest.raises(ConstraintError):
            group_detections(FRAMES, named)
        return
    assert possible
    assert all((groups.group[each.a] == groups.group[each.b]) == each.together for each in constraints)


def test_groups_with_a_common_tracklet_become_one() -> None:
    constraints = [must_link(0, 4), must_link(3, 7), cannot_link(1, 5), cannot_link(2, 7)]
    groups = group_detections(FRAMES, constraints)
    owner = np.array([0, 1, -1, 2, 2, 3, 0, 4])
    first, last = np.array([1, 1, 2, 3, 5]), np.array([4, 1, 3, 3, 5])
    of = groups.of_tracklets(owner, first, last)
    assert of.group[0] == of.group[2] == of.group[4]
    assert len({*of.group.tolist(), -1}) == 4
    assert of.apart.tolist() == [[of.group[1], of.group[3]]], "a detection in no tracklet is in no track"
    assert of.required.tolist() == [True, False, True, False, True]
    assert (of.first.tolist(), of.last.tolist()) == (first.tolist(), last.tolist())


def test_the_tracks_of_a_group_are_one() -> None:
    groups = group_detections(FRAMES, [must_link(0, 4), must_link(5, 7), cannot_link(1, 3)])
    ids = np.array([1, 2, 3, 0, 3, 2, 4, 4], np.int32)
    joined = groups.joined(ids)
    assert joined.dtype == np.int32
    assert joined[3] == 0
    assert np.unique(joined[joined > 0], return_inverse=True)[1].tolist() == [0, 1, 0, 0, 1, 1, 1]


def test_a_part_keeps_its_constraints() -> None:
    groups = group_detections(FRAMES, [must_link(0, 4), cannot_link(1, 4), cannot_link(3, 7)])
    part = groups.part(np.array([True, True, False, False, True, True, False, True]))
    assert part.constrained.tolist() == [True, True, True, False, True]
    assert part.apart.tolist() == [[part.group[1], part.group[0]]]
    assert isinstance(part, Groups)
    assert len(part.required) == len(part.first) == len(part.last) == 5
