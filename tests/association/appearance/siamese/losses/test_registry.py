"""All losses by name: gradients, similarity, learning, settings and documents; values of those of logits."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from siamlink.association.appearance.siamese.losses.registry import LOSS_NAMES, LOSSES, make_loss
from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.studies.ablation.metric_learning import METRICS, OWN_METRICS

DIMENSION, PAIRS, IDENTITIES = 6, 12, 3
"""As in `conftest.py`."""
DOCS = Path(__file__).parents[5] / "docs" / "losses.md"
KINDS = {name: make_loss(name, DIMENSION, IDENTITIES).kind for name in LOSS_NAMES}
OF_DESCRIPTORS = [name for name in LOSS_NAMES if KINDS[name] != "logit"]


def named(*kinds):
    return [name for name in LOSS_NAMES if KINDS[name] in kinds]


def expected_softmax(loss, logits, same):
    probability = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.mean([-np.log(row[int(y)]) for row, y in zip(probability, same, strict=True)])


def expected_zagoruyko(loss, logits, same):
    sign = np.where(same == 1, 1, -1)
    return np.maximum(0, 1 - sign * (logits[:, 1] - logits[:, 0])).mean()


FORMULAS = {
    "softmax": expected_softmax,
    "zagoruyko": expected_zagoruyko,
}


@pytest.mark.parametrize("name", FORMULAS)
def test_the_value_is_that_of_the_formula(name, check_value):
    check_value(name, FORMULAS[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", LOSS_NAMES)
def test_gradients_are_those_of_finite_differences(name, loss_example):
    loss, given = loss_example(name, seed=3)
    learned = [each for each in loss.parameters() if each.requires_grad]
    inputs = [torch.from_numpy(each) for each in given]
    varied = [each.requires_grad_() for each in inputs if each.ndim == 2]
    assert torch.autograd.gradcheck(lambda *_: loss(*inputs), (*varied, *learned), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("scale", [0.0, 1e-42, 1e-30, 1e-15, 1.0, 1e6, 1e15])
@pytest.mark.parametrize("name", LOSS_NAMES)
def test_value_and_gradients_are_finite_in_single_precision(name, scale, loss_example):
    loss, given = loss_example(name, scale=1.0)
    loss = loss.float()
    inputs = [torch.from_numpy((scale * each).astype(np.float32) if each.ndim == 2 else each) for each in given]
    inputs = [each.float() if each.dtype == torch.float64 else each for each in inputs]
    varied = [each.requires_grad_() for each in inputs if each.ndim == 2]
    found = loss(*inputs)
    found.backward()
    assert torch.isfinite(found)
    assert all(torch.isfinite(each.grad).all() for each in (*varied, *loss.parameters()) if each.grad is not None)


@pytest.mark.parametrize("same", [0.0, 1.0])
@pytest.mark.parametrize("name", named("pair"))
def test_gradients_of_identical_descriptors_are_finite(name, same):
    loss = make_loss(name, DIMENSION)
    a = torch.randn(4, DIMENSION, generator=torch.Generator().manual_seed(0)).requires_grad_()
    b = a.detach().clone().requires_grad_()
    loss(a, b, torch.full((4,), same)).backward()
    assert torch.isfinite(a.grad).all()
    assert torch.isfinite(b.grad).all()


@pytest.mark.parametrize("name", named("triplet"))
def test_gradients_of_collapsed_triplets_are_finite(name):
    anchor = torch.ones(4, DIMENSION, requires_grad=True)
    make_loss(name, DIMENSION)(anchor, anchor, anchor).backward()
    assert torch.isfinite(anchor.grad).all()


@pytest.mark.parametrize("name", OF_DESCRIPTORS)
def test_identical_descriptors_are_more_similar_than_distant_ones(name):
    loss = make_loss(name, DIMENSION, IDENTITIES)
    a = torch.randn(20, DIMENSION, generator=torch.Generator().manual_seed(0))
    identical, near, distant = (loss.similarity(a, b) for b in (a, 0.8 * a + 0.05, -2 * a))
    assert identical.shape == (20,)
    assert (identical > distant).all()
    assert (near > distant).all()
    torch.testing.assert_close(loss.similarity(a, -2 * a), loss.similarity(-2 * a, a))


@pytest.mark.parametrize("name", named("logit"))
def test_a_higher_logit_of_a_match_is_more_similar(name):
    similarity = make_loss(name, DIMENSION).similarity(torch.tensor([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]))
    assert similarity.tolist() == [1, 0, -1]


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_the_loss_is_lower_for_the_right_pairs(name):
    loss = make_loss(name, DIMENSION, IDENTITIES)
    with torch.no_grad():
        for key, each in loss.named_parameters():
            each.mul_(0 if key.startswith("classifier") else 1)
    here, there = 3 * torch.ones(2, DIMENSION), -3 * torch.ones(2, DIMENSION)
    right, wrong = {
        "pair": lambda: [
            loss(here, torch.cat([near, far]), torch.tensor([1.0, 0.0]))
            for near, far in ((here[:1], there[:1]), (there[:1], here[:1]))
        ],
        "triplet": lambda: [loss(here, here, there), loss(here, there, here)],
        "logit": lambda: [loss(torch.tensor([[-2.0, 2.0]]), torch.tensor([same])) for same in (1.0, 0.0)],
        "identity": lambda: [
            loss(torch.cat([here, there]), torch.tensor(identity), torch.tensor([0, 0]), torch.tensor([1, 2]))
            for identity in ([0, 0, 1, 1], [0, 1, 0, 1])
        ],
    }[KINDS[name]]()
    assert right < wrong


@pytest.mark.parametrize("name", named("pair", "triplet", "identity"))
def test_descent_separates_two_identities(name):
    """The descriptors themselves are moved by the loss until those of one identity are the most similar."""
    torch.manual_seed(0)
    loss = make_loss(name, DIMENSION, 2)
    feature = torch.randn(8, DIMENSION).requires_grad_()
    identity = torch.arange(8) % 2
    first, second = torch.combinations(torch.arange(8)).T
    same = identity[first] == identity[second]
    anchor, positive, negative = torch.tensor(
        [(i, j, k) for i in range(8) for j in range(8) for k in range(8) if i != j and (i - j) % 2 == 0 and (i - k) % 2]
    ).T
    optimiser = torch.optim.Adam([feature, *loss.parameters()], lr=0.05)
    for _ in range(150):
        given = {
            "pair": (feature[first], feature[second], same.float()),
            "triplet": (feature[anchor], feature[positive], feature[negative]),
            "identity": (feature, identity, first, second),
        }[loss.kind]
        optimiser.zero_grad()
        loss(*given).backward()
        optimiser.step()
    similarity = loss.similarity(feature[first], feature[second])
    assert similarity[same].min() > similarity[~same].max()


@pytest.mark.parametrize("name", [name for name in LOSS_NAMES if name != "identity-triplet"])
def test_the_loss_of_an_empty_batch_is_that_of_the_weights(name, loss_example):
    loss, given = loss_example(name)
    nothing = loss(*map(torch.from_numpy, [each[:0] for each in given])).item()
    assert nothing == pytest.approx(1e-4 / DIMENSION if name == "koch" else 0)


@given(
    arrays.arrays(np.float64, (5, DIMENSION), elements=st.floats(-10, 10)),
    st.floats(1e-3, 1e3),
    st.sampled_from(["leal-taixe", "bromley", "deepid2-cosine", "identity-triplet"]),
)
def test_similarity_of_normalised_descriptors_does_not_depend_on_their_length(array, factor, name):
    a = torch.from_numpy(array) + 20
    loss = make_loss(name, DIMENSION, IDENTITIES).double()
    b = a.flip(0) - 15
    torch.testing.assert_close(loss.similarity(factor * a, b), loss.similarity(a, b))


@pytest.mark.parametrize("name", named("identity"))
@pytest.mark.parametrize("identities", [0, 1])
def test_fewer_than_two_identities_are_refused(name, identities):
    with pytest.raises(ConfigError, match=f"at least two, got {identities}"):
        make_loss(name, DIMENSION, identities)


def test_the_weights_of_the_losses():
    learned = {
        name: {key: tuple(each.shape) for key, each in make_loss(name, DIMENSION, IDENTITIES).named_parameters()}
        for name in LOSS_NAMES
    }
    classifier = {"classifier.weight": (IDENTITIES, DIMENSION), "classifier.bias": (IDENTITIES,)}
    assert {name: each for name, each in learned.items() if each} == {
        "koch": {"alpha": (DIMENSION,), "beta": ()},
        "deepid2-l2": classifier,
        "deepid2-l1": classifier,
        "deepid2-cosine": classifier | {"verification.scale": (), "verification.shift": ()},
        "identity-triplet": {"classifier": (IDENTITIES + 1, DIMENSION)},
    }


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hadsel", "there is no loss 'hadsel'; did you mean 'hadsell'?"),
        ("deepid2", "there is no loss 'deepid2'; did you mean 'deepid2-l"),
        ("zzz", "there is no loss 'zzz'"),
    ],
)
def test_an_unknown_loss_is_named_with_the_nearest(name, message):
    with pytest.raises(ConfigError, match="^" + re.escape(message)):
        make_loss(name, DIMENSION)


def test_settings_reach_the_loss():
    assert make_loss("hadsell", DIMENSION, margin=3.0).margin == 3
    assert make_loss("deepid2-l1", DIMENSION, IDENTITIES, weight=1.0, margin=2.0).verification.margin == 2


@pytest.mark.parametrize(
    ("name", "setting", "message"),
    [
        ("hadsell", {"margn": 1.0}, "the loss 'hadsell' has no setting 'margn'; did you mean 'margin'?"),
        ("softmax", {"margin": 1.0}, "the loss 'softmax' has no setting 'margin'"),
        ("deepid2-cosine", {"margin": 1.0}, "the loss 'deepid2-cosine' has no setting 'margin'"),
        ("chopra", {"norm": "l3"}, "the loss 'chopra' has the norms l1 and l2, not 'l3'"),
        ("simo-serra", {"positive_ratio": 0.5}, "the ratios of the loss 'simo-serra' must be at least 1"),
    ],
)
def test_an_unknown_setting_is_an_error(name, setting, message):
    with pytest.raises(ConfigError, match="^" + re.escape(message)):
        make_loss(name, DIMENSION, IDENTITIES, **setting)


def test_every_loss_has_its_source_and_formula_in_its_docstring():
    for make in LOSSES.values():
        text = make.__doc__ or ""
        assert "DeepID2" in text or (re.search(r"\b(19|20)\d\d\b", text) and " = " in text)


def test_the_docs_have_a_row_for_every_loss_and_metric():
    rows = re.findall(r"^\|.*\| `([a-z0-9-]+)` \|.*\|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted([*LOSS_NAMES, *METRICS, *OWN_METRICS])
