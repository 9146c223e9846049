import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from siamlink.association.appearance.siamese.losses.pair import (
    CarlevarisBianco,
    Chopra,
    Ddml,
    Hadsell,
    Koch,
    LealTaixe,
    SimoSerra,
    normalised,
)
from siamlink.association.appearance.siamese.losses.registry import LOSS_NAMES, LOSSES, make_loss
from siamlink.association.appearance.siamese.losses.triplet import Norouzi
from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.studies.ablation.metric_learning import METRICS

DIMENSION, PAIRS, PEOPLE = 6, 12, 3
DOCS = Path(__file__).parents[2] / "docs" / "losses.md"
KINDS = {name: make_loss(name, DIMENSION, PEOPLE).kind for name in LOSS_NAMES}
OF_DESCRIPTORS = [name for name in LOSS_NAMES if KINDS[name] != "logit"]


def named(*kinds):
    return [name for name in LOSS_NAMES if KINDS[name] in kinds]


def example(name, seed=0, scale=1.0):
    """A loss in double precision and random input for it."""
    random = np.random.default_rng(seed)
    torch.manual_seed(seed)
    loss = make_loss(name, DIMENSION, PEOPLE).double()
    kind = KINDS[name]
    if kind == "logit":
        return loss, [scale * random.normal(size=(PAIRS, 2)), np.arange(PAIRS) % 2.0]
    if kind == "identity":
        identity = np.arange(PAIRS) % PEOPLE
        identity[-2:] = -1
        first, second = random.integers(0, PAIRS, (2, 3 * PAIRS))
        return loss, [scale * random.normal(size=(PAIRS, DIMENSION)), identity, first, second]
    one, two, three = scale * random.normal(size=(3, PAIRS, DIMENSION))
    two[::2] = one[::2] + 0.3 * (two[::2] - one[::2])
    return loss, [one, two, three if kind == "triplet" else (np.arange(PAIRS) + 1) % 2.0]


def value(loss, given) -> torch.Tensor:
    return loss(*map(torch.from_numpy, given))


def cosines(a, b):
    return (a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def unit_rows(x):
    return x / np.sqrt((x * x).sum(1, keepdims=True))


def distances(a, b):
    return np.sqrt(((a - b) ** 2).sum(1))


def expected_softmax(loss, logits, same):
    probability = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    return np.mean([-np.log(row[int(y)]) for row, y in zip(probability, same, strict=True)])


def expected_zagoruyko(loss, logits, same):
    label = np.where(same == 1, 1, -1)
    return np.maximum(0, 1 - label * (logits[:, 1] - logits[:, 0])).mean()


def expected_leal_taixe(loss, a, b, same):
    d = distances(unit_rows(a), unit_rows(b)) ** 2
    return (same * d + (1 - same) * np.maximum(1.0 - d, 0)).sum() / (2 * len(d))


def expected_hadsell(loss, a, b, same):
    d, dissimilar = distances(a, b), 1 - same
    return ((1 - dissimilar) * d**2 / 2 + dissimilar * np.maximum(0, 1.0 - d) ** 2 / 2).mean()


def expected_chopra(loss, a, b, same):
    energy, q, dissimilar = np.abs(a - b).sum(1), DIMENSION, 1 - same
    return ((1 - dissimilar) * 2 / q * energy**2 + dissimilar * 2 * q * np.exp(-2.77 / q * energy)).mean()


def expected_bromley(loss, a, b, same):
    return ((cosines(a, b) - np.where(same == 1, 1, -1)) ** 2).mean()


def expected_koch(loss, a, b, same):
    alpha = loss.alpha.detach().numpy()
    p = sigmoid(np.abs(a - b) @ alpha + loss.beta.item())
    return -(same * np.log(p) + (1 - same) * np.log(1 - p)).mean() + 1e-4 * (alpha**2).sum()


def expected_carlevaris_bianco(loss, a, b, same):
    d2 = distances(a, b) ** 2
    return np.where(same == 1, d2, np.maximum(1.0 - d2, 0)).mean()


def expected_simo_serra(loss, a, b, same):
    d = distances(a, b)
    farthest = np.sort(d[same == 1])[::-1][: int(np.ceil((same == 1).sum() / 4))]
    nearest = np.sort(d[same == 0])[: int(np.ceil((same == 0).sum() / 4))]
    return np.concatenate([farthest, np.maximum(0, 4.0 - nearest)]).mean()


def expected_ddml(loss, a, b, same):
    label = np.where(same == 1, 1, -1)
    z = 1 - label * (3.0 - distances(a, b) ** 2)
    return 0.5 * (np.logaddexp(0, 10 * z) / 10).mean()


def expected_wang(loss, anchor, positive, negative):
    return np.maximum(0, 1.0 + distances(anchor, positive) ** 2 - distances(anchor, negative) ** 2).mean()


def expected_hoffer_ailon(loss, anchor, positive, negative):
    near, far = np.exp(distances(anchor, positive)), np.exp(distances(anchor, negative))
    plus, minus = near / (near + far), far / (near + far)
    return (plus**2 + (minus - 1) ** 2).mean()


def expected_norouzi(loss, anchor, positive, negative):
    code, near, far = np.tanh(anchor), np.tanh(positive), np.tanh(negative)
    return np.maximum(0, (1 - code * near).sum(1) / 2 - (1 - code * far).sum(1) / 2 + 1.0).mean()


def expected_deepid2(verification):
    def expected(loss, feature, identity, first, second):
        known = identity >= 0
        logits = feature[known] @ loss.classifier.weight.detach().numpy().T + loss.classifier.bias.detach().numpy()
        same = (identity[first] == identity[second]) & (identity[first] >= 0)
        return expected_softmax(loss, logits, identity[known]) + 0.05 * verification(
            feature[first], feature[second], same
        )

    return expected


def verification_l1(a, b, same):
    d = np.abs(a - b).sum(1)
    return np.where(same, d, np.maximum(0, np.sqrt(DIMENSION) - d)).mean()


def verification_cosine(a, b, same):
    return ((same - sigmoid(5 * cosines(a, b) - 2.5)) ** 2).mean() / 2


def expected_identity_triplet(loss, feature, identity, first, second):
    x, direction = unit_rows(feature), unit_rows(loss.classifier.detach().numpy())
    identification, hinges = [], []
    for row, who in zip(x, identity, strict=True):
        log_probability = np.log(np.exp(20 * direction @ row) / np.exp(20 * direction @ row).sum())
        identification.append(-0.9 * log_probability[who if who >= 0 else PEOPLE] - 0.1 * log_probability.mean())
        if who >= 0:
            d = ((x - row) ** 2).sum(1)
            hinges.append(max(0, 0.3 + d[identity == who].max() - d[identity != who].min()))
    return np.mean(identification) + np.mean(hinges)


EXPECTED = {
    "softmax": expected_softmax,
    "zagoruyko": expected_zagoruyko,
    "leal-taixe": expected_leal_taixe,
    "hadsell": expected_hadsell,
    "chopra": expected_chopra,
    "bromley": expected_bromley,
    "koch": expected_koch,
    "carlevaris-bianco": expected_carlevaris_bianco,
    "simo-serra": expected_simo_serra,
    "ddml": expected_ddml,
    "wang": expected_wang,
    "hoffer-ailon": expected_hoffer_ailon,
    "norouzi": expected_norouzi,
    "deepid2-l2": expected_deepid2(lambda a, b, same: expected_hadsell(None, a, b, same.astype(float))),
    "deepid2-l1": expected_deepid2(verification_l1),
    "deepid2-cosine": expected_deepid2(verification_cosine),
    "identity-triplet": expected_identity_triplet,
}


@pytest.mark.parametrize("scale", [0.3, 1.0])
@pytest.mark.parametrize("name", LOSS_NAMES)
def test_the_value_is_that_of_the_formula(name, scale):
    for seed in range(5):
        loss, given = example(name, seed, scale)
        found = value(loss, given)
        assert found.shape == ()
        assert found.item() == pytest.approx(EXPECTED[name](loss, *given), rel=1e-9)


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_gradients_are_those_of_finite_differences(name):
    loss, given = example(name, seed=3)
    learned = [each for each in loss.parameters() if each.requires_grad]
    inputs = [torch.from_numpy(each) for each in given]
    varied = [each.requires_grad_() for each in inputs if each.ndim == 2]
    assert torch.autograd.gradcheck(lambda *_: loss(*inputs), (*varied, *learned), eps=1e-7, atol=1e-5)


@pytest.mark.parametrize("scale", [0.0, 1e-42, 1e-30, 1e-15, 1.0, 1e6, 1e15])
@pytest.mark.parametrize("name", LOSS_NAMES)
def test_value_and_gradients_are_finite_in_single_precision(name, scale):
    loss, given = example(name, scale=1.0)
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
def test_identical_descriptors_are_more_alike_than_distant_ones(name):
    loss = make_loss(name, DIMENSION, PEOPLE)
    a = torch.randn(20, DIMENSION, generator=torch.Generator().manual_seed(0))
    identical, near, distant = (loss.similarity(a, b) for b in (a, 0.8 * a + 0.05, -2 * a))
    assert identical.shape == (20,)
    assert (identical > distant).all()
    assert (near > distant).all()
    torch.testing.assert_close(loss.similarity(a, -2 * a), loss.similarity(-2 * a, a))


@pytest.mark.parametrize("name", named("logit"))
def test_a_higher_logit_of_a_match_is_more_alike(name):
    similarity = make_loss(name, DIMENSION).similarity(torch.tensor([[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]))
    assert similarity.tolist() == [1, 0, -1]


@pytest.mark.parametrize("name", LOSS_NAMES)
def test_the_loss_is_lower_where_pairs_are_placed_rightly(name):
    loss = make_loss(name, DIMENSION, PEOPLE)
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
def test_descent_separates_two_people(name):
    """Descriptors themselves are moved by the loss until those of one person are the most alike."""
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
def test_nothing_costs_nothing_but_the_weights(name):
    loss, given = example(name)
    nothing = value(loss, [each[:0] for each in given]).item()
    assert nothing == pytest.approx(1e-4 / DIMENSION if name == "koch" else 0)


@given(
    arrays.arrays(np.float64, (5, DIMENSION), elements=st.floats(-10, 10)),
    st.floats(1e-3, 1e3),
    st.sampled_from(["leal-taixe", "bromley", "deepid2-cosine", "identity-triplet"]),
)
def test_similarity_of_normalised_descriptors_does_not_depend_on_their_length(array, factor, name):
    a = torch.from_numpy(array) + 20
    loss = make_loss(name, DIMENSION, PEOPLE).double()
    b = a.flip(0) - 15
    torch.testing.assert_close(loss.similarity(factor * a, b), loss.similarity(a, b))


@given(arrays.arrays(np.float32, (4, DIMENSION), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_unit_descriptors_have_unit_length_or_none(array):
    length = np.linalg.norm(normalised(torch.from_numpy(array)).numpy(), axis=1)
    large = np.abs(array).max(1) > 1e-12
    np.testing.assert_allclose(length[large], 1, rtol=1e-5)
    assert (length[~large] < 1e-10).all()


def test_only_the_hardest_pairs_are_learned_from():
    a = torch.zeros(16, 1)
    b = torch.arange(1.0, 9).repeat(2)[:, None].requires_grad_()
    same = torch.cat([torch.ones(8), torch.zeros(8)])
    SimoSerra(margin=10, positive_ratio=8, negative_ratio=4)(a, b, same).backward()
    moved = b.grad.flatten().nonzero().flatten().tolist()
    assert moved == [7, 8, 9]  # the farthest pair of one object, the two nearest of others
    b.grad = None
    SimoSerra(margin=10, positive_ratio=1, negative_ratio=1)(a, b, same).backward()
    assert (b.grad != 0).all()


def test_one_hard_pair_is_kept_of_a_few():
    a, b = torch.zeros(3, 1), torch.tensor([[1.0], [2.0], [3.0]])
    assert SimoSerra(positive_ratio=100)(a, b, torch.ones(3)).item() == 3


def test_margins_are_settings():
    a, b, same = torch.zeros(1, 2), torch.tensor([[3.0, 4.0]]), torch.zeros(1)
    assert Hadsell(margin=7)(a, b, same).item() == 2  # (7 - 5)^2 / 2
    assert CarlevarisBianco(margin=30)(a, b, same).item() == 5  # 30 - 5^2
    assert SimoSerra(margin=6)(a, b, same).item() == 1  # 6 - 5
    assert LealTaixe(margin=4)(b, -b, same).item() == 0  # normalised vectors are 2 apart at most
    assert Ddml(threshold=25).similarity(a, b).item() == 0


def test_chopra_energy_by_either_norm():
    a, b = torch.zeros(1, 2), torch.tensor([[3.0, -4.0]])
    assert Chopra(2, "l1").similarity(a, b).item() == -7
    assert Chopra(2, "l2").similarity(a, b).item() == -5
    assert Chopra(2, "l2", bound=10)(a, b, torch.ones(1)).item() == pytest.approx(2 / 10 * 25)


def test_pairs_of_one_object_can_be_weighted():
    loss, (a, b, same) = example("carlevaris-bianco")
    a, b, same = (torch.from_numpy(each) for each in (a, b, same))
    one, two = (loss(a, b, same, torch.full((PAIRS,), weight, dtype=torch.float64)) for weight in (1.0, 2.0))
    torch.testing.assert_close(loss(a, b, same), one)
    assert (two - one).item() == pytest.approx((same * (a - b).square().sum(1)).mean().item())


def test_koch_as_printed_has_no_bias():
    loss = Koch(DIMENSION, bias=False)
    a = torch.ones(1, DIMENSION)
    loss(a, a, torch.ones(1)).backward()
    assert loss.similarity(a, a).item() == 0
    assert loss.beta.grad is None


def test_relaxed_codes_become_hamming_codes():
    random = torch.Generator().manual_seed(0)
    anchor, positive, negative = torch.randn(3, 50, 16, generator=random, dtype=torch.float64)
    bits = [each > 0 for each in (anchor, positive, negative)]
    near, far = ((bits[0] != other).sum(1) for other in bits[1:])
    hinge = (near - far + 1).clamp(min=0).double().mean()
    torch.testing.assert_close(Norouzi(slope=1e9)(anchor, positive, negative), hinge)
    torch.testing.assert_close(Norouzi().similarity(anchor, positive), -near.double())


def test_nobody_is_in_no_class_and_no_match():
    loss = make_loss("deepid2-l2", DIMENSION, PEOPLE)
    feature = torch.randn(4, DIMENSION, generator=torch.Generator().manual_seed(0))
    first, second = torch.tensor([0]), torch.tensor([1])
    nobody = loss(feature, torch.full((4,), -1), first, second)
    different = loss.weight * loss.verification(feature[:1], feature[1:2], torch.zeros(1))
    torch.testing.assert_close(nobody, different)


@pytest.mark.parametrize("name", named("identity"))
@pytest.mark.parametrize("identities", [0, 1])
def test_people_cannot_be_told_apart_where_there_are_not_two(name, identities):
    with pytest.raises(ConfigError, match=f"at least two, got {identities}"):
        make_loss(name, DIMENSION, identities)


def test_what_is_learned_with_the_network():
    learned = {
        name: {key: tuple(each.shape) for key, each in make_loss(name, DIMENSION, PEOPLE).named_parameters()}
        for name in LOSS_NAMES
    }
    classifier = {"classifier.weight": (PEOPLE, DIMENSION), "classifier.bias": (PEOPLE,)}
    assert {name: each for name, each in learned.items() if each} == {
        "koch": {"alpha": (DIMENSION,), "beta": ()},
        "deepid2-l2": classifier,
        "deepid2-l1": classifier,
        "deepid2-cosine": classifier | {"verification.scale": (), "verification.shift": ()},
        "identity-triplet": {"classifier": (PEOPLE + 1, DIMENSION)},
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
    assert make_loss("deepid2-l1", DIMENSION, PEOPLE, weight=1.0, margin=2.0).verification.margin == 2


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
        make_loss(name, DIMENSION, PEOPLE, **setting)


def test_every_loss_has_its_source_and_formula_in_its_docstring():
    for make in LOSSES.values():
        text = make.__doc__ or ""
        assert "DeepID2" in text or (re.search(r"\b(19|20)\d\d\b", text) and " = " in text)


def test_the_docs_have_a_row_for_every_loss_and_metric():
    rows = re.findall(r"^\|.*\| `([a-z0-9-]+)` \|.*\|$", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(rows) == sorted([*LOSS_NAMES, *METRICS])
