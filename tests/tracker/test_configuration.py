import re
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import ConfigError
from siamlink.tracker.configuration import config_names, load_parameters
from siamlink.tracker.parameters import TrackerParameters


@pytest.fixture
def write(tmp_path):
    def written(content: str | bytes) -> Path:
        path = tmp_path / "my.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return written


def test_without_anything_there_are_the_defaults(write):
    assert load_parameters() == TrackerParameters()
    for nothing in ("", "\n# a comment\n", "{}", "gate: {}\n"):
        assert load_parameters(write(nothing)) == TrackerParameters()


def test_a_file_overrides_defaults_and_nothing_else(write):
    loaded = load_parameters(write("mode: online\ngate:\n  reach: 0.5\ngaps: {interpolate: false}\n"))
    expected = TrackerParameters(mode="online", gate={"reach": 0.5}, gaps={"interpolate": False})
    assert loaded == expected
    assert load_parameters(write("\ufeffmode: online\r\n")).mode == "online"


def test_settings_win_over_the_file_and_the_last_over_the_first(write):
    path = write("gate:\n  reach: 0.5\n  max_speed: 3\n")
    loaded = load_parameters(path, ["gate.reach=0.75", "solver=hungarian", "gate.reach=1.5"])
    assert (loaded.gate.reach, loaded.gate.max_speed, loaded.solver) == (1.5, 3, "hungarian")


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ("gate.max_gap_seconds=0.5", ("gate", "max_gap_seconds"), 0.5),
        ("gate.max_gap_seconds=1e-1", ("gate", "max_gap_seconds"), 0.1),
        (" gate.max_gap_frames = 7", ("gate", "max_gap_frames"), 7),
        ("gaps.interpolate=no", ("gaps", "interpolate"), False),
        ("gate={reach: 0.125}", ("gate", "reach"), 0.125),
        ("model=some/folder=a", ("model",), "some/folder=a"),
        ("model={", ("model",), "{"),
    ],
)
def test_a_setting_is_a_dotted_key_and_a_value(override, key, value):
    found = load_parameters(None, [override])
    for part in key:
        found = getattr(found, part)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("gate.reach", "expected key=value, such as gate.max_gap_seconds=0.5"),
        ("=1", "expected key=value"),
        ("", "expected key=value"),
        ("gate.raech=1", "unknown key 'gate.raech'; did you mean 'gate.reach'?"),
        ("max_speed=1", "unknown key 'max_speed'; did you mean 'gate.max_speed'?"),
        ("xyzzy=1", "unknown key 'xyzzy'"),
        ("gate.reach=far", "gate.reach: expected a number, got 'far'"),
        ("gate.reach=11", "gate.reach: input should be less than or equal to 10, got 11"),
        ("gate.reach=.nan", "gate.reach: input should be"),
        ("gate.reach=", "gate.reach: expected a number, got ''"),
        ("gate.reach.x=1", "gate.reach: expected a number, got "),
        ("gate=3", "'gate' is a group of settings; set one of those below it, such as 'gate.max_gap_seconds'"),
        ("mode=backwards", "mode: input should be 'offline', 'windowed' or 'online', got 'backwards'"),
        ("min_detections=2.5", "min_detections: expected a whole number, got "),
    ],
)
def test_a_wrong_setting_is_named(override, message):
    with pytest.raises(ConfigError) as caught:
        load_parameters(None, ["solver=lp", override])
    assert str(caught.value).startswith(f"--set {override}: {message}")
    assert "\n" not in str(caught.value)


def test_a_setting_below_a_single_value_of_the_file_is_named(write):
    with pytest.raises(ConfigError, match=r"my.yaml: 'gate' is a group of settings"):
        load_parameters(write("gate: 3\n"), ["gate.reach=1"])
    with pytest.raises(ConfigError, match=r"--set solver.x=1: 'solver' is a single value and has no keys below it"):
        load_parameters(write("solver: lp\n"), ["solver.x=1"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("mod: online\n", "unknown key 'mod'; did you mean 'mode'?"),
        ("gate:\n  reech: 1\n", "unknown key 'gate.reech'; did you mean 'gate.reach'?"),
        ("costs: {entry: -1}\n", "costs.entry: input should be greater than or equal to 0, got -1"),
        ("costs: {entry: much}\n", "costs.entry: expected a number, got "),
        ("gate:\n", "'gate' is a group of settings; set one of those below it, such as 'gate.max_gap_seconds'"),
        ("1: 2\n", "1: keys should be strings"),
    ],
)
def test_a_wrong_key_or_value_of_a_file_is_named_with_the_file(write, content, message):
    path = write(content)
    with pytest.raises(ConfigError) as caught:
        load_parameters(path)
    assert str(caught.value).startswith(f"{path}: {message}")


@pytest.mark.parametrize("content", ["- mode: online\n", "online\n", "5\n", "[]\n"])
def test_a_file_without_keys_is_no_configuration(write, content):
    with pytest.raises(ConfigError, match=r"my.yaml: expected 'key: value' lines"):
        load_parameters(write(content))


@pytest.mark.parametrize(
    "content",
    [
        "mode: [\n",
        "mode: online\n  gate: 3\n",
        "\tmode: online\n",
        "mode: !!python/name:os.system x\n",
        b"\x00",
        b"\xff\xfe\x00",
    ],
    ids=["open-list", "indentation", "tab", "python-object", "control-character", "binary"],
)
def test_a_file_that_is_not_yaml_is_named(write, content):
    with pytest.raises(ConfigError, match=r"my.yaml is not YAML") as caught:
        load_parameters(write(content))
    assert "\n" not in str(caught.value)


def test_what_is_not_yaml_is_named_with_its_place(write):
    with pytest.raises(ConfigError) as caught:
        load_parameters(path := write("solver: lp\nmode: [offline\n"))
    assert str(caught.value) == f"{path} is not YAML: expected ',' or ']', but got '<stream end>' (line 3, column 1)"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("mode: offline\nmode: online\n", "the key 'mode' occurs twice (line 2, column 1)"),
        ("gate:\n  reach: 1\n  reach: 2\n", "the key 'reach' occurs twice (line 3, column 3)"),
        ("gate: {reach: 1}\ngate.reach: 2\n", "the key 'gate.reach' occurs twice"),
        ("gate.reach: 1\ngate: {reach: 1}\n", "the key 'gate' occurs twice"),
    ],
)
def test_a_key_that_occurs_twice_is_an_error(write, content, message):
    with pytest.raises(ConfigError) as caught:
        load_parameters(path := write(content))
    assert str(caught.value) == f"{path}: {message}"


def test_a_file_may_have_dotted_keys(write):
    loaded = load_parameters(write("gate.reach: 0.5\ngate: {max_speed: 3}\ntracklets:\n  costs.entry: 2\n"))
    assert (loaded.gate.reach, loaded.gate.max_speed, loaded.tracklets.costs.entry) == (0.5, 3, 2)
    with pytest.raises(ConfigError, match=r"my.yaml: unknown key 'gaps.smoth'; did you mean 'gaps.smooth'\?"):
        load_parameters(write("gaps.smoth: false\n"))


def test_an_option_of_its_own_is_no_setting(write):
    message = "'class_names' is not a setting of the tracker, but an option of its own: --class-names"
    with pytest.raises(ConfigError, match=f"my.yaml: {message}"):
        load_parameters(write("class_names: coco\n"))
    with pytest.raises(ConfigError, match=r"--set confidence=0.5: 'confidence' is not a setting .*: --confidence"):
        load_parameters(None, ["confidence=0.5"])


def test_a_key_is_compared_with_the_last_parts_of_those_that_are_known():
    for wrong, near in (("entri", "costs.entry"), ("fit_second", "tracklets.summary.fit_seconds")):
        with pytest.raises(ConfigError, match=f"unknown key '{wrong}'; did you mean '{near}'"):
            load_parameters(None, [f"{wrong}=1"])
    with pytest.raises(ConfigError, match=r"unknown key 'sigma'$"):
        load_parameters(None, ["sigma=1"])


def test_a_missing_configuration_is_named_with_those_that_exist(tmp_path):
    for missing in ("deflaut", tmp_path / "none.yaml"):
        with pytest.raises(ConfigError, match=f"there is no configuration or file '{missing}'.* Shipped: default, "):
            load_parameters(missing)
    with pytest.raises(ConfigError, match=r"'fst'; did you mean 'fast'\? Shipped: default, fast, "):
        load_parameters("fst")
    with pytest.raises(ConfigError, match=f"cannot read the configuration {tmp_path}: Is a directory"):
        load_parameters(tmp_path)


def test_shipped_configurations_load_by_name_and_a_file_of_that_name_comes_first(tmp_path, monkeypatch):
    assert "default" in config_names()
    monkeypatch.chdir(tmp_path)
    for name in config_names():
        assert isinstance(load_parameters(name), TrackerParameters)
        (tmp_path / name).mkdir()
        assert isinstance(load_parameters(name), TrackerParameters)
    (tmp_path / "default").rmdir()
    (tmp_path / "default").write_text("min_detections: 77\n")
    assert load_parameters("default").min_detections == 77


def test_text_settings_take_what_yaml_reads_as_something_else(tmp_path):
    for text in ("2024", "2024-13-45", ""):
        assert load_parameters(overrides=[f"model={text}"]).model == text
    (tmp_path / "dated.yaml").write_text("model: 2024-13-45\n")
    with pytest.raises(ConfigError, match="is not YAML"):
        load_parameters(tmp_path / "dated.yaml")


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 12)
)
GROUPS = "a0: &a0 {x: 1}\n" + "".join(
    f"a{level}: &a{level} {{{', '.join(f'k{key}: *a{level - 1}' for key in range(9))}}}\n" for level in range(1, 12)
)


HOSTILE = {
    "references that multiply": (
        BOMB + "mode: *a11\n",
        "mode: input should be 'offline', 'windowed' or 'online', got ",
    ),
    "deep nesting": ("a: " + "[" * 5000, "is nested too deeply"),
    "a large file": ("#" * 1_000_001, r"is larger than any configuration \(1000000 bytes\)"),
    "a long text": ("mode: " + "x" * 500_000, "mode: input should be 'offline', 'windowed' or 'online', got 'xxx"),
    "an object of Python": ("mode: !!python/object/apply:os.mkdir [made]", "is not YAML: could not determine"),
    "an endless number": ("min_detections: " + "9" * 6000, "is not YAML: Exceeds the limit"),
    "groups that multiply": (GROUPS, "unknown key 'a0'"),
    "itself": ("gate: &a {max_gap_seconds: *a}", "gate.max_gap_seconds: expected a number, got "),
    "no text as a key": ("1: 2", "1: keys should be strings"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_one_short_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    text, message = HOSTILE[name]
    Path("hostile.yaml").write_text(text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_parameters("hostile.yaml")
    assert len(str(caught.value)) < 500
    assert "\n" not in str(caught.value)
    assert not Path("made").exists()


@pytest.mark.parametrize(
    ("former", "present", "value"),
    [
        ("tracklets.costs.least_evidence", "tracklets.costs.min_evidence", 0.25),
        ("tracklets.costs.most_evidence", "tracklets.costs.max_evidence", 5.5),
        ("tracklets.costs.patience_seconds", "tracklets.costs.exit_ramp_seconds", 2.5),
        ("tracklets.summary.trim.longest_seconds", "tracklets.summary.trim.max_seconds", 0.5),
    ],
)
def test_former_names_of_settings_are_accepted_with_a_warning(former, present, value):
    message = f"'{former}' is now called '{present}'; the next release will not accept the former name"
    with pytest.warns(FutureWarning, match=re.escape(message)):
        loaded = load_parameters(None, [f"{former}={value}"])
    assert loaded == load_parameters(None, [f"{present}={value}"])
    assert loaded != load_parameters()
