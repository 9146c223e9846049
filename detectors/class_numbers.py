"""`ClassNumbers`: numbers for classes that a detector reports by name."""

from collections.abc import Mapping, Sequence

import numpy as np

from siamlink.detectors.base.arrays import FloatArray, IntArray
from siamlink.detectors.base.errors import InputError
from siamlink.detectors.class_names import HIGHEST, ClassNames


class ClassNumbers:
    """Numbers classes by their names, the same over a whole run.

    A name that is stated has its number there; any other gets the lowest number that is free when it first occurs.
    Upper and lower case do not differ.

    Args:
        stated: the names that the detector states; None: it states none.
    """

    def __init__(self, stated: ClassNames | None = None) -> None:
        self._stated = self._names = stated
        self._number_of: dict[str, int] = {}
        for number, name in (stated or {}).items():
            self._number_of.setdefault(name.casefold(), number)

    @property
    def names(self) -> ClassNames | None:
        """The names by number, those that were added included; None if there are none."""
        return self._names

    @property
    def has_grown(self) -> bool:
        """Whether names were added to those that were stated."""
        return self._names is not self._stated

    def numbers_of(self, names: Sequence[object]) -> IntArray:
        """(N,) the number of each name.

        Raises:
            InputError: a name is not printable text, or there are more names than numbers.
        """
        return np.array([self._number(name) for name in names], np.int64)

    def translated(self, number: FloatArray, names: Mapping[int, object]) -> FloatArray:
        """Numbers (N,) of another mapping to names, as numbers of this one; those without a name there stay.

        A name that is new keeps its number if this is free here; an empty name is none.

        Raises:
            InputError: a name is not printable text, or there are more names than numbers.
        """
        result = number.copy()
        for each in np.unique(number).tolist():
            if str(names.get(each, "")).strip():
                result[number == each] = self._number(names[each], preferred=int(each))
        return result

    def _number(self, name: object, preferred: int | None = None) -> int:
        key = name.strip().casefold() if isinstance(name, str) else None
        if key is not None and key in self._number_of:
            return self._number_of[key]
        known = dict(self._names or {})
        number = preferred if preferred is not None and preferred not in known else _lowest_free(known)
        self._names = ClassNames({**known, number: name})  # type: ignore[dict-item] # which checks it
        assert key is not None
        self._number_of[key] = number
        return number


def _lowest_free(known: Mapping[int, str]) -> int:
    number = next(number for number in range(len(known) + 1) if number not in known)
    if number > HIGHEST:
        raise InputError(f"there are more than {HIGHEST + 1} names of classes")
    return number
