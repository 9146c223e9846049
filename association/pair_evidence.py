"""What speaks for and against links of detections, by the learned models of the first level."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siamlink.association.appearance.appearance import Appearances, ComparedPairs
from siamlink.association.boosting.contributions import ExplainedTrees
from siamlink.association.explanation.terms import APPEARANCE, CLASSES, Terms, TermSum
from siamlink.association.matcher import Matcher, link_feature_names, link_features
from siamlink.association.pairs.candidates import Pairs
from siamlink.association.pairs.features import FEATURE_WORDS, PAIR_FEATURES
from siamlink.detectors.base.arrays import FloatArray, IntArray

RANK_WORDS = {
    "rank_later": "rank by appearance among boxes after the first",
    "margin_later": "difference of appearance compared with other boxes after the first",
    "rank_earlier": "rank by appearance among boxes before the second",
    "margin_earlier": "difference of appearance compared with other boxes before the second",
}
"""Features that compare a pair with its rivals by appearance, in plain words."""


@dataclass(frozen=True, eq=False)
class PairEvidence:
    """What speaks for and against some of P candidate pairs of detections.

    Attributes:
        matcher: the models.
        pairs: all P.
        features: (P, F) as `PAIR_FEATURES` names them.
        class_nats: (P,) evidence of the classes.
        opened: (K,) the pairs that were given to the appearance.
        compared: the comparisons of these.
        candidate: (C,) the pairs that are candidates; None: all are.
    """

    matcher: Matcher
    pairs: Pairs
    features: NDArray[np.float32]
    class_nats: FloatArray
    opened: IntArray
    compared: ComparedPairs
    candidate: IntArray | None = None

    def __getitem__(self, candidate: IntArray) -> "PairEvidence":
        """The same with other candidates (C,)."""
        return replace(self, candidate=candidate)

    def log_odds(self, rows: IntArray) -> FloatArray:
        """(R,) nats, of the candidates `rows`."""
        pair = self._pairs(rows)
        place = self._place[pair]
        log_odds = self.class_nats[pair].copy()
        log_odds[place < 0] += self._context.log_odds(self.features[pair[place < 0]])
        if (place >= 0).any():
            log_odds[place >= 0] += self._link.log_odds(self._extended[place[place >= 0]])
        return log_odds

    def similarity(self, rows: IntArray) -> FloatArray:
        """(R,) by the first appearance; NaN where it was not compared."""
        place = self._place[self._pairs(rows)]
        similarity = np.full(len(rows), np.nan)
        if (place >= 0).any():
            similarity[place >= 0] = self._extended[place[place >= 0], len(PAIR_FEATURES)]
        return similarity

    def terms(self, rows: IntArray) -> Terms:
        """The contributions of the features, and the classes."""
        pair = self._pairs(rows)
        place = self._place[pair]
        compared = place >= 0
        base, words = np.zeros(len(rows)), self._words
        contribution, value = np.zeros((len(rows), len(words))), np.full((len(rows), len(words)), np.nan)
        own = slice(None, len(PAIR_FEATURES))
        value[:, own] = self.features[pair]
        base[~compared], contribution[~compared, own] = self._context.parts(self.features[pair[~compared]])
        if compared.any():
            value[compared] = self._extended[place[compared]]
            base[compared], contribution[compared] = self._link.parts(self._extended[place[compared]])
        total = TermSum(base)
        for column, name in enumerate(words):
            total.add(name, contribution[:, column], value[:, column])
        if self.class_nats.any():
            total.add(CLASSES, self.class_nats[pair])
        return total.terms()

    def _pairs(self, rows: IntArray) -> IntArray:
        """(R,) the pairs that are the candidates `rows`."""
        return rows if self.candidate is None else self.candidate[rows]

    @cached_property
    def _place(self) -> IntArray:
        """(P,) the place of each pair among those that were compared, -1 for none."""
        place = np.full(len(self.pairs), -1, np.int64)
        place[self.opened[self._available]] = np.arange(len(self._available))
        return place

    @cached_property
    def _available(self) -> IntArray:
        """(A,) those of the pairs given to the appearance that were compared."""
        return np.flatnonzero(self.compared.available)

    @cached_property
    def _extended(self) -> NDArray[np.float32]:
        """(A, F + G) features of the compared pairs, with those of their appearance."""
        assert self.matcher.appearance is not None
        rows, compared = self.opened[self._available], self.compared[self._available]
        return link_features(self.matcher.appearance, self.features[rows], compared, self.pairs[rows])

    @cached_property
    def _context(self) -> ExplainedTrees:
        return ExplainedTrees(self.matcher.context, PAIR_FEATURES)

    @cached_property
    def _link(self) -> ExplainedTrees:
        assert self.matcher.appearance is not None
        return ExplainedTrees(self.matcher.link, link_feature_names(self.matcher.appearance))

    @cached_property
    def _words(self) -> tuple[str, ...]:
        """The F features, and those of the appearance, in plain words."""
        words = tuple(FEATURE_WORDS[name] for name in PAIR_FEATURES)
        return words if self.matcher.appearance is None else (*words, *appearance_words(self.matcher.appearance))


def appearance_words(appearance: Appearances) -> tuple[str, ...]:
    """(G,) the features of the appearance in plain words; with several appearances, their labels tell them apart."""
    found = []
    for part in appearance.parts:
        label = f" ({part.label})" if len(appearance.parts) > 1 else ""
        others = (f"appearance {name.replace('_', ' ')}" for name in part.feature_names[1:])
        found += [f"{words}{label}" for words in (APPEARANCE, *others, *RANK_WORDS.values())]
    return tuple(found)
