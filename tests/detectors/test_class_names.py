"""Names of classes: looked up, selected and read; wrong ones are refused."""

from pathlib import Path

import pytest

from siamlink.detectors import ClassNames, ConfigError, DetectorError, FormatError, InputError, LoadedDetector
from siamlink.detectors.class_names import COCO, names_file, read_class_names


def test_coco_has_its_80_classes_in_the_order_of_detectors() -> None:
    assert len(COCO) == 80
    assert [COCO[number] for number in (0, 2, 9, 16, 79)] == ["person", "car", "traffic light", "dog", "toothbrush"]


def test_classes_are_selected_by_name_and_number() -> None:
    assert COCO.numbers_of(["Car", "0", 7, "car"]) == (2, 0, 7)
    assert ClassNames({}).numbers_of(["3"]) == (3,)


def test_the_most_similar_class_is_named_last() -> None:
    with pytest.raises(ConfigError, match=r"there is no class 'Cars'; did you mean 'car'\?$"):
        COCO.numbers_of(["Cars"])


@pytest.mark.parametrize("wrong", ["lorry", "-1", "1.5", "99999", "", "²"])
def test_an_unknown_class_is_named_with_the_known_ones(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"there is no class '.*'; known are ant, bee"):
        ClassNames(["ant", "bee"]).numbers_of([wrong])


def test_a_class_without_a_name_is_called_by_its_number() -> None:
    assert ClassNames({3: "ant"}).name_of(3) == "ant"
    assert ClassNames({3: "ant"}).name_of(4) == "4"


@pytest.mark.parametrize("names", [{-1: "ant"}, {40000: "ant"}, {"0": "ant"}, {0: ""}, {0: "a\nb"}, [1], {True: "ant"}])
def test_unusable_names_are_refused(names: object) -> None:
    with pytest.raises(InputError, match="class n"):
        ClassNames(names)  # type: ignore[arg-type]


def test_names_are_read_from_a_file_of_one_a_line(tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("ant\nbee\n\n", encoding="utf-8")
    assert dict(ClassNames.read(tmp_path / "names.txt")) == {0: "ant", 1: "bee"}
    (tmp_path / "gap.txt").write_text("ant\n\nbee\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"gap\.txt, line 2: the class name is empty"):
        ClassNames.read(tmp_path / "gap.txt")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match="not a text file"):
        ClassNames.read(tmp_path / "binary")
    with pytest.raises(InputError, match="cannot read"):
        ClassNames.read(tmp_path)


def test_names_that_a_user_gives_may_follow_the_numbers_of_their_classes(tmp_path: Path) -> None:
    path = tmp_path / "names.txt"
    for text in ("1 Pedestrian\n3 Small car\n", "1: Pedestrian\n3: Small car\n", "1,Pedestrian\n3,Small car\n"):
        path.write_text(text)
        assert dict(read_class_names(path)) == {1: "Pedestrian", 3: "Small car"}
    path.write_text("1 Pedestrian\ncar\n")
    assert dict(read_class_names(path)) == {0: "1 Pedestrian", 1: "car"}, "not all lines have a number"
    path.write_text("7 Person_sitting\n7 Person\n")
    with pytest.raises(FormatError, match="class number 7 has two names, 'Person_sitting' and 'Person'"):
        read_class_names(path)
    path.write_text("70000 car\n")
    with pytest.raises(FormatError, match=r"names.txt.*class number 70000 is more than 32767"):
        read_class_names(path)
    path.write_text("")
    assert dict(read_class_names(path)) == {}


class Ants:
    class_names = ("ant", "bee")

    def detect(self, image: object) -> list[list[float]]:
        return []


def test_the_names_of_a_detector_are_known() -> None:
    assert dict(LoadedDetector("ants", Ants()).class_names or {}) == {0: "ant", 1: "bee"}
    assert LoadedDetector("f", lambda image: []).class_names is None


def test_unusable_names_of_a_detector_name_the_detector() -> None:
    detector = Ants()
    detector.class_names = (1, 2)  # type: ignore[assignment]
    with pytest.raises(DetectorError, match="detector 'ants' has unusable class_names"):
        LoadedDetector("ants", detector)


def test_names_beside_a_file_are_written_and_read_again(tmp_path: Path) -> None:
    names = ClassNames({0: "person", 3: "Fußgänger", 4: "自転車"})
    assert names.to_text() == "person\n1\n2\nFußgänger\n自転車\n"
    assert ClassNames.beside(tmp_path / "found.txt") is None
    assert names_file(tmp_path / "found.txt").name == "found.classes.txt"
    names_file(tmp_path / "found.txt").write_text(names.to_text(), encoding="utf-8")
    assert ClassNames.beside(tmp_path / "found.txt") == names
    assert ClassNames({}).to_text() == ""
