"""Which files belong together, in the layouts of the benchmarks and of TrackEval."""

from collections.abc import Callable
from pathlib import Path

import pytest

from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.tools.evaluation.layouts import find_inputs, find_truth, read_seqmap

LINE = "1,1,10,10,20,40,1,-1,-1,-1\n"
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make files with one row below a folder; returns the folder."""

    def files(folder: str, *names: str, text: str = LINE) -> Path:
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / folder

    return files


def names(files: list) -> list[str]:
    return [truth.name for truth in files]


def test_each_sequence_has_its_results_or_none(make: Make) -> None:
    truth = make("gt", "A/gt/gt.txt", "B/gt/gt.txt")
    found = find_inputs(truth, make("results", "A.txt"))
    assert [(file.name, path and path.name) for file, path in found.files] == [("A", "A.txt"), ("B", None)]
    assert (found.missing, found.unknown) == (("B",), "")


def test_ground_truth_is_found_one_folder_down(make: Make) -> None:
    truth = make("mot_challenge", "MOT17-train/A/gt/gt.txt", "MOT17-train/B/gt/gt.txt", "seqmaps/MOT17-train.txt")
    assert names(find_truth(truth)) == ["A", "B"]
    assert find_inputs(truth, make("results", "A.txt", "B.txt")).missing == ()


def test_of_several_folders_of_sequences_one_is_to_be_chosen(make: Make) -> None:
    truth = make("dance", "train/A/gt/gt.txt", "val/B/gt/gt.txt", "test/C/seqinfo.ini")
    with pytest.raises(InputError, match=r"several folders have sequences .*: .*train, .*val; choose one"):
        find_truth(truth)
    assert names(find_truth(truth / "val")) == ["B"]


@pytest.mark.parametrize("place", ["mine/data", "mine", "data", "", "MOT17-train/mine/data"])
def test_results_are_found_in_the_layouts_of_trackeval(make: Make, place: str) -> None:
    truth = make("gt", "A/gt/gt.txt", "B/gt/gt.txt")
    results = make("trackers", *(str(Path(place, f"{name}.txt")) for name in "AB"))
    found = find_inputs(truth, results)
    assert [path for _, path in found.scored] == [results / place / "A.txt", results / place / "B.txt"]


def test_of_several_trackers_one_is_to_be_chosen(make: Make) -> None:
    truth = make("gt", "A/gt/gt.txt")
    results = make("trackers", "one/data/A.txt", "two/A.txt", "empty/note.txt")
    with pytest.raises(InputError, match="results of several trackers: one, two; choose one of these folders"):
        find_inputs(truth, results)
    assert find_inputs(truth, results / "one").scored[0][1] == results / "one" / "data" / "A.txt"


@pytest.mark.parametrize("file", ["A/gt/gt.txt", "A/gt.txt", "A.txt"])
def test_a_file_of_ground_truth_goes_with_a_file_of_results(make: Make, file: str) -> None:
    truth, results = make("gt", file) / file, make("results", "mine.txt") / "mine.txt"
    ((found, path),) = find_inputs(truth, results).scored
    assert (found.name, found.path, path) == ("A", truth, results)
    assert find_inputs(truth, make("results", "A.txt")).scored[0][1].name == "A.txt"


def test_results_of_unknown_sequences_are_named_with_what_was_meant(make: Make) -> None:
    truth = make("gt", "MOT17-02-FRCNN/gt/gt.txt", "MOT17-04-FRCNN/gt/gt.txt", "MOT17-01-FRCNN/img1/1.jpg")
    results = make("results", "MOT17-02-FRCNN.txt", "MOT17-4-FRCNN.txt", "MOT17-01-FRCNN.txt", "other.txt")
    make("results", "requirements.txt", text="numpy\n")
    make("results", "pedestrian_summary.txt", text="1 2 3\n")
    found = find_inputs(truth, results)
    assert found.missing == ("MOT17-04-FRCNN",)
    assert found.unknown == (
        "results of sequences without ground truth: MOT17-01-FRCNN; results of unknown sequences: "
        "MOT17-4-FRCNN (did you mean MOT17-04-FRCNN?), other"
    )
    assert find_inputs(truth / "MOT17-02-FRCNN", results).unknown == ""


def test_sequences_may_be_links_to_others(make: Make, tmp_path: Path) -> None:
    truth, results = make("gt", *(f"{name}/gt/gt.txt" for name in "ABC")), make("results", "A.txt", "B.txt", "C.txt")
    (tmp_path / "links").mkdir()
    for name in "AB":
        (tmp_path / "links" / name).symlink_to(truth / name, target_is_directory=True)
    assert find_inputs(tmp_path / "links", results).unknown == "results of unknown sequences: C"


def test_no_results_at_all_say_what_was_meant(make: Make) -> None:
    truth = make("gt", "MOT17-02/gt/gt.txt", "MOT17-04/gt/gt.txt")
    with pytest.raises(InputError, match=r"no results in .* for any of MOT17-02, MOT17-04; .*did you mean MOT17-02\?"):
        find_inputs(truth, make("results", "MOT17-2.txt"))


@pytest.mark.parametrize(
    ("selection", "expected"),
    [(["B"], ["B"]), (["*-FRCNN"], ["A-FRCNN", "C-FRCNN"]), (["B", "A*"], ["A-FRCNN", "B"])],
)
def test_sequences_are_chosen_by_name_or_pattern(make: Make, selection: list[str], expected: list[str]) -> None:
    sequences = ("A-FRCNN", "B", "C-FRCNN")
    truth = make("gt", *(f"{name}/gt/gt.txt" for name in sequences))
    found = find_inputs(truth, make("results", *(f"{name}.txt" for name in sequences)), selection)
    assert [file.name for file, _ in found.scored] == expected
    assert (found.missing, found.unknown) == ((), "")


def test_a_name_with_the_signs_of_a_pattern_is_itself(make: Make) -> None:
    found = find_inputs(make("gt", "A[1]/gt/gt.txt"), make("results", "A[1].txt"), ["A[1]"])
    assert [file.name for file, _ in found.scored] == ["A[1]"]


def test_what_cannot_be_read_is_one_line(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    truth, results = make("gt", "A/gt/gt.txt"), make("results", "A.txt")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"cannot read .*A\.txt: Permission denied"):
        find_inputs(truth, results)
    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(InputError, match=r"cannot read the folder .*: Permission denied"):
        find_truth(truth)


def test_a_sequence_that_does_not_exist_is_an_error(make: Make) -> None:
    truth, results = make("gt", "MOT17-02/gt/gt.txt"), make("results", "MOT17-02.txt")
    with pytest.raises(ConfigError, match=r"no ground truth of a sequence 'MOT17-2' \(did you mean MOT17-02\?\)"):
        find_inputs(truth, results, ["MOT17-2"])


@pytest.mark.parametrize(
    "text",
    ["name\nA\nB\n", "name\r\nA\r\n\r\nB\r\n", "A\nB", '\ufeffname\n"A"\nB', "A empty 000000 000154\nB empty 0 9\n"],
)
def test_seqmaps_are_read_with_and_without_a_header(tmp_path: Path, text: str) -> None:
    path = tmp_path / "map.txt"
    path.write_text(text, encoding="utf-8")
    assert read_seqmap(path) == ["A", "B"]


def test_a_seqmap_without_sequences_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "map.txt").write_text("name\n")
    with pytest.raises(InputError, match="names no sequence"):
        read_seqmap(tmp_path / "map.txt")
    with pytest.raises(InputError, match="cannot read"):
        read_seqmap(tmp_path / "none.txt")
    (tmp_path / "map.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a text file"):
        read_seqmap(tmp_path / "map.txt")


def test_nothing_to_score_is_an_error(make: Make, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no ground truth in"):
        find_truth(make("gt", "A/img1/1.jpg"))
    with pytest.raises(InputError, match="is not a folder or file"):
        find_truth(tmp_path / "nowhere")
