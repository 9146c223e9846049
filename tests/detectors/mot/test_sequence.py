import pytest

from siamlink.detectors.base.errors import FormatError, InputError
from siamlink.detectors.mot.sequence import find_sequences, is_sequence, open_sequence

INFO = """[Sequence]
name=whatever
imDir=img1
frameRate=12.5
seqLength=40
imWidth=640
imHeight=480
imExt=.jpg
"""


@pytest.fixture
def folder(tmp_path):
    """A sequence with an image folder and public detections."""
    made = tmp_path / "Street-1"
    (made / "img1").mkdir(parents=True)
    (made / "det").mkdir()
    (made / "seqinfo.ini").write_text(INFO)
    (made / "det" / "det.txt").write_text("1,-1,10,20,30,60,0.9\n40,-1,10,20,30,60,0.9\n")
    return made


def test_a_sequence_has_the_values_of_seqinfo(folder):
    sequence = open_sequence(folder)
    assert (sequence.name, sequence.folder, sequence.frames) == ("Street-1", folder, folder / "img1")
    assert (sequence.frame_rate, sequence.frame_count, sequence.size) == (12.5, 40, (640, 480))
    assert sequence.detection_file == folder / "det" / "det.txt"
    assert sequence.truth_file == folder / "gt" / "gt.txt"


def test_keys_are_read_in_any_case_and_with_a_byte_order_mark(folder):
    (folder / "seqinfo.ini").write_bytes(b"\xef\xbb\xbf" + INFO.upper().replace("SEQUENCE", "Sequence").encode())
    assert open_sequence(folder).frame_count == 40


def test_without_seqinfo_rate_length_and_size_are_unknown(folder):
    (folder / "seqinfo.ini").unlink()
    sequence = open_sequence(folder)
    assert (sequence.frame_rate, sequence.frame_count, sequence.size) == (None, None, None)
    assert sequence.frames == folder / "img1"


def test_frames_are_the_image_folder_or_the_video_or_none(folder):
    (folder / "Street-1.avi").write_bytes(bytes(5000))
    (folder / "Other.mp4").write_bytes(bytes(5000))
    assert open_sequence(folder).frames == folder / "img1"
    (folder / "img1").rmdir()
    assert open_sequence(folder).frames == folder / "Street-1.avi"
    (folder / "Street-1.mp4").write_bytes(bytes(5000))
    assert open_sequence(folder).frames == folder / "Street-1.mp4"
    (folder / "Street-1.mp4").unlink()
    (folder / "Street-1.avi").unlink()
    assert open_sequence(folder).frames is None


@pytest.mark.parametrize(("value", "found"), [("pictures", "pictures"), ("", "img1")])
def test_the_image_folder_can_have_another_name(folder, value, found):
    (folder / "pictures").mkdir()
    (folder / "seqinfo.ini").write_text(INFO.replace("imDir=img1", f"imDir={value}"))
    assert open_sequence(folder).frames == folder / found


def test_a_link_that_git_wrote_as_text_is_followed(folder, tmp_path):
    (folder / "img1").rmdir()
    video = tmp_path / "real.mp4"
    video.write_bytes(bytes(5000))
    link = folder / "Street-1.mp4"
    link.write_text("../real.mp4\n")
    assert open_sequence(folder).frames == video
    for text in ("../gone.mp4", "../real.avi", "", "no link\0\n"):
        link.write_text(text)
        assert open_sequence(folder).frames == link


def test_a_sequence_opened_through_a_relative_path_has_its_name(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "img1").rmdir()
    (folder / "Street-1.mp4").write_bytes(bytes(5000))
    sequence = open_sequence((folder / ".").relative_to(folder))
    assert (sequence.name, sequence.frames) == ("Street-1", folder / "Street-1.mp4")


def test_detections_are_checked_against_the_length(folder):
    assert open_sequence(folder).read_detections().frame.tolist() == [1, 40]
    other = folder / "det" / "mine.txt"
    other.write_text("1,-1,1,1,2,2\n41,-1,1,1,2,2\n")
    with pytest.raises(
        FormatError, match=r"mine.txt, line 2, column 1: frame 41 is out of range: the last frame is 40"
    ):
        open_sequence(folder).read_detections(other)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("[Sequence]\nframeRate=0\n", None, "framerate must be a number above 0, not '0'"),
        ("[Sequence]\nframeRate=fast\n", None, "framerate must be a number above 0, not 'fast'"),
        ("[Sequence]\nframeRate=nan\n", None, "framerate must be a number above 0, not 'nan'"),
        ("[Sequence]\nseqLength=inf\n", None, "seqlength must be a number above 0, not 'inf'"),
        ("[Sequence]\nseqLength=-5\n", None, "seqlength must be a number above 0, not '-5'"),
        (
            "[Sequence]\nseqLength=1000000000\n",
            None,
            "seqlength must be a whole number up to 10000000, not '10+'",
        ),
        ("[Sequence]\nseqLength=0.5\n", None, "seqlength must be a whole number up to 10000000, not '0.5'"),
        ("[Sequence]\nframeRate=1e308\n", None, "framerate must be at most 1000000, not '1e308'"),
        ("[Sequence]\nimHeight=1e9\n", None, "imheight must be a whole number up to 1000000, not '1e9'"),
        ("[Sequence]\nimDir=../other\n", None, "imdir must be a folder inside the sequence, not '../other'"),
        ("[Sequence]\nimDir=/etc\n", None, "imdir must be a folder inside the sequence, not '/etc'"),
        (f"[Sequence]\nimDir={'i' * 300}\n", None, "imdir must be a folder inside the sequence, not 'iii"),
        ("[Sequence]\nimDir=a\0b\n", None, "imdir must be a folder inside the sequence"),
        ("[Sequence]\nimWidth=\n", None, "imwidth must be a number above 0, not ''"),
        ("[Sequence]\nname=a\nnonsense\n", 3, "expected 'key=value'"),
        ("name=a\n", 1, r"expected the line \[Sequence\] first"),
        ("[Sequence]\nname=a\nname=b\n", 3, "option 'name' in section 'Sequence' already exists"),
        ("[Sequence]\nname=a\n[Sequence]\n", 3, "section 'Sequence' already exists"),
        ("[Video]\nname=a\n", None, r"no section \[Sequence\]"),
        ("", None, r"no section \[Sequence\]"),
    ],
)
def test_a_malformed_seqinfo_is_named_with_the_line(folder, text, line, message):
    (folder / "seqinfo.ini").write_text(text)
    with pytest.raises(FormatError, match=message) as caught:
        open_sequence(folder)
    assert (caught.value.path, caught.value.line) == (folder / "seqinfo.ini", line)
    assert "\n" not in str(caught.value)


def test_a_binary_or_unreadable_seqinfo_is_an_input_error(folder):
    info = folder / "seqinfo.ini"
    info.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FormatError, match=r"seqinfo.ini: not a text file"):
        open_sequence(folder)
    info.unlink()
    info.mkdir()
    with pytest.raises(InputError, match=r"cannot read .*seqinfo.ini: Is a directory"):
        open_sequence(folder)


@pytest.mark.parametrize("part", ["det", "gt", "img1"])
def test_one_part_of_the_layout_makes_a_sequence(tmp_path, part):
    (tmp_path / part).mkdir()
    assert is_sequence(tmp_path)
    assert [found.name for found in find_sequences(tmp_path)] == [tmp_path.name]


def test_the_sequences_of_a_folder_are_sorted_by_name(folder):
    for name in ("B", "A", "nothing"):
        (folder.parent / name / ("notes" if name == "nothing" else "gt")).mkdir(parents=True)
    (folder.parent / "file.txt").write_text("")
    assert [found.name for found in find_sequences(folder.parent)] == ["A", "B", "Street-1"]
    assert find_sequences(folder) == [open_sequence(folder)]


def test_a_folder_that_is_not_a_sequence_is_an_error(tmp_path):
    with pytest.raises(InputError, match="is not a MOT sequence"):
        open_sequence(tmp_path)
    with pytest.raises(InputError, match="no MOT sequence in"):
        find_sequences(tmp_path)
    (tmp_path / "a.mp4").write_text("")
    for path in (tmp_path / "a.mp4", tmp_path / "gone"):
        assert not is_sequence(path)
        with pytest.raises(InputError, match="is not a folder"):
            find_sequences(path)


def test_real_sequences_open(data):
    found = {sequence.name: sequence for sequence in find_sequences(data)}
    assert {"TUD-Campus", "MOT17-04-FRCNN"} <= set(found)
    campus, square = found["TUD-Campus"], found["MOT17-04-FRCNN"]
    assert (campus.frame_rate, campus.frame_count, campus.size) == (25, 71, (640, 480))
    assert campus.frames == campus.folder / "img1"
    assert square.frames is None
    assert len(campus.read_detections()) == 322
