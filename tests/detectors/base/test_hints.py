from siamlink.detectors.base.hints import did_you_mean, nearest

FRUIT = ("apple", "pear", "plum")


def test_the_nearest_choice_is_the_most_alike() -> None:
    assert nearest("peer", FRUIT) == "pear"
    assert nearest("peer", iter(FRUIT)) == "pear"


def test_there_is_no_nearest_choice_below_the_cutoff() -> None:
    assert not nearest("peach", FRUIT, cutoff=0.9)
    assert not nearest("zzz", FRUIT)
    assert not nearest("pear", ())


def test_other_names_are_known() -> None:
    assert nearest("FPS", ("fast", "frame_rate")) == "frame_rate"
    assert nearest("fps", ("fast", "ps")) == "ps"


def test_a_hint_ends_a_message_and_is_empty_where_nothing_is_alike() -> None:
    assert did_you_mean("aple", FRUIT) == "; did you mean 'apple'?"
    assert not did_you_mean("zzz", FRUIT)
