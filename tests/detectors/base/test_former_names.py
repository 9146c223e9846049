from siamlink.detectors.base.former_names import former_name_note


def test_the_note_names_both_and_the_end():
    note = former_name_note("looks", "appearance")
    assert note == "'looks' is now called 'appearance'; the next release will not accept the former name"
