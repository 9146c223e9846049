"""What can be chosen for a search."""

from enum import StrEnum


class Objective(StrEnum):
    """What is maximised: one figure of a video, or the mean of the three."""

    HOTA = "hota"
    IDF1 = "idf1"
    MOTA = "mota"
    MEAN = "mean"


class Models(StrEnum):
    """Where the models of learned matching come from."""

    SHIPPED = "shipped"
    CROSSVALIDATED = "crossvalidated"
