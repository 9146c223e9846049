import cv2
import numpy as np
import pytest

from siamlink.detectors.base.errors import ConfigError, FormatError, InputError
from siamlink.detectors.detections import Detections
from siamlink.tracker.runs.inputs import open_input

LINES = "1,-1,10,20,30,60,0.9\n4,-1,10,20,30,60,0.9\n"


def write_images(folder, count):
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        assert cv2.imwrite(str(folder / f"{number}.png"), np.full((48, 64, 3), number, np.uint8))
    return folder


@pytest.fixture
def sequence(tmp_path):
    """A MOT sequence with detections only, of six frames at 12 a second."""
    folder = tmp_path / "Street-1"
    (folder / "det").mkdir(parents=True)
    (folder / "det" / "det.txt").write_text(LINES)
    (folder / "seqinfo.ini").write_text("[Sequence]\nframeRate=12\nseqLength=6\n")
    return folder


def test_a_sequence_without_frames_has_its_public_detections(sequence):
    opened = open_input(sequence)
    assert (opened.name, opened.frame_rate, opened.frame_count, opened.last_frame) == ("Street-1", 12, 6, 6)
    assert opened.frames is None
    assert not opened.live
    assert opened.detections.frame.tolist() == [1, 4]


def test_without_seqinfo_the_last_detection_is_the_end(sequence):
    (sequence / "seqinfo.ini").unlink()
    opened = open_input(sequence)
    assert (opened.frame_rate, opened.frame_count, opened.last_frame) == (30, None, 4)
    assert opened.rate_assumed
    (sequence / "det" / "det.txt").write_text("")
    opened = open_input(sequence)
    assert (len(opened.detections), opened.last_frame) == (0, 0)


def test_a_frame_rate_that_nothing_states_is_marked_as_assumed(sequence, tmp_path):
    pictures = write_images(tmp_path / "pictures", 2)
    assert (open_input(pictures).frame_rate, open_input(pictures).rate_assumed) == (30, True)
    assert not open_input(pictures, frame_rate=12.5).rate_assumed
    assert open_input([np.zeros((4, 4, 3), np.uint8)]).rate_assumed
    assert not open_input(sequence).rate_assumed
    write_images(sequence / "img1", 6)
    assert not open_input(sequence).rate_assumed
    (sequence / "seqinfo.ini").unlink()
    assert open_input(sequence).rate_assumed


def test_a_sequence_with_frames_may_leave_its_detections_to_a_detector(sequence):
    write_images(sequence / "img1", 6)
    with_public, without = open_input(sequence), open_input(sequence, use_public=False)
    assert len(with_public.detections) == 2
    assert without.detections is None
    assert [frame.number for frame in without.frames] == [1, 2, 3, 4, 5, 6]
    (sequence / "det" / "det.txt").unlink()
    assert open_input(sequence).detections is None


def test_other_detections_come_from_a_file_or_an_object(sequence, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("2,-1,1,1,5,5,1\n")
    assert open_input(sequence, mine).detections.frame.tolist() == [2]
    given = Detections.from_boxes(3, [[0, 0, 5, 5]])
    assert open_input(sequence, given).detections is given
    nothing = open_input(sequence, Detections.empty())
    assert len(nothing.detections) == 0
    assert nothing.last_frame == 6


def test_detections_beyond_the_end_are_an_error(sequence, tmp_path):
    mine = tmp_path / "mine.txt"
    mine.write_text("7,-1,1,1,5,5,1\n")
    with pytest.raises(FormatError, match=r"mine.txt, line 1, column 1: frame 7 is out of range"):
        open_input(sequence, mine)
    with pytest.raises(InputError, match="frame 7"):
        open_input(sequence, Detections.from_boxes(7, [[0, 0, 5, 5]]))
    images = write_images(tmp_path / "pictures", 3)
    with pytest.raises(FormatError, match="frame 7 is out of range: the last frame is 3"):
        open_input(images, mine)


def write_numbered(folder, first, count=12):
    folder.mkdir(parents=True)
    for number in range(first, first + count):
        assert cv2.imwrite(str(folder / f"{number:06d}.png"), np.full((48, 64, 3), number, np.uint8))
    return folder


def test_images_numbered_by_their_names_take_detections_of_these_numbers(tmp_path):
    images = write_numbered(tmp_path / "clip", 60)
    mine = tmp_path / "mine.txt"
    mine.write_text("60,-1,1,1,9,9,1\n71,-1,1,1,9,9,1\n")
    opened = open_input(images, mine)
    assert (opened.first_frame, opened.frame_count, opened.last_frame) == (60, 12, 71)
    assert opened.detections.frame.tolist() == [60, 71]
    assert opened.notes == ()
    inside = opened.from_one()
    assert (inside.first_frame, inside.last_frame, inside.detections.frame.tolist()) == (1, 12, [1, 12])
    mine.write_text("59,-1,1,1,9,9,1\n")
    with pytest.raises(FormatError, match=r"frame 59 is out of range: 000060.png is frame 60"):
        open_input(images, mine)
    mine.write_text("72,-1,1,1,9,9,1\n")
    with pytest.raises(FormatError, match=r"frame 72 is out of range: the last frame is 71"):
        open_input(images, mine)


def test_images_are_counted_from_1_where_the_detections_are(tmp_path):
    images = write_numbered(tmp_path / "clip", 60)
    mine = tmp_path / "mine.txt"
    mine.write_text("1,-1,1,1,9,9,1\n12,-1,1,1,9,9,1\n")
    opened = open_input(images, mine)
    assert (opened.first_frame, opened.frames.first_number, opened.last_frame) == (1, 1, 12)
    assert opened.notes == (f"{mine}: pictures are counted from 1, as the boxes are: 000060.png is frame 1",)
    given = open_input(images, Detections.from_boxes(12, [[0, 0, 5, 5]]))
    assert (given.first_frame, given.notes) == (1, ("images are counted from 1, as the detections are",))
    assert open_input(images, Detections.from_boxes(71, [[0, 0, 5, 5]])).first_frame == 60
    for frame, message in ((72, "ends with frame 71"), (40, "begins with frame 60")):
        with pytest.raises(InputError, match=rf"a detection in frame {frame}, but clip {message}"):
            open_input(images, Detections.from_boxes(frame, [[0, 0, 5, 5]]))


def test_the_error_says_how_images_of_other_names_are_counted(tmp_path):
    images = write_numbered(tmp_path / "clip", 60)
    (images / "000065.png").unlink()
    mine = tmp_path / "mine.txt"
    mine.write_text("60,-1,1,1,9,9,1\n")
    with pytest.raises(FormatError, match=r"frame 60 is out of range: the last frame is 11; 000060.png is frame 1$"):
        open_input(images, mine)


def test_a_sequence_whose_images_begin_later_is_numbered_by_their_names(sequence):
    write_numbered(sequence / "img1", 60, 6)
    (sequence / "det" / "det.txt").write_text(LINES.replace("1,-1", "60,-1").replace("4,-1", "65,-1"))
    opened = open_input(sequence)
    assert (opened.first_frame, opened.last_frame, opened.detections.frame.tolist()) == (60, 65, [60, 65])
    (sequence / "det" / "det.txt").write_text(LINES)
    assert open_input(sequence).first_frame == 1


def test_boxes_outside_the_picture_are_noted(sequence):
    (sequence / "seqinfo.ini").write_text("[Sequence]\nframeRate=12\nseqLength=6\nimWidth=320\nimHeight=240\n")
    (sequence / "det" / "det.txt").write_text(LINES + "2,-1,330,20,30,60,0.9\n")
    (note,) = open_input(sequence).notes
    assert note.endswith(
        "det.txt: 1 of 3 boxes lies wholly outside the picture of 320x240 pixels; the first is in frame 2 (line 3): "
        "is it the right video, of the size that was detected in?"
    )


def test_an_image_folder_has_frames_and_takes_detections(tmp_path):
    images = write_images(tmp_path / "pictures", 3)
    opened = open_input(images)
    assert (opened.name, opened.frame_rate, opened.frame_count, opened.last_frame) == ("pictures", 30, 3, 3)
    assert opened.detections is None
    given = Detections.from_boxes(2, [[0, 0, 5, 5]])
    assert open_input(images, given, frame_rate=5).frame_rate == 5
    assert open_input(images, given).detections is given


def test_a_given_frame_rate_wins(sequence):
    assert open_input(sequence, frame_rate=25).frame_rate == 25
    write_images(sequence / "img1", 6)
    opened = open_input(sequence, frame_rate=25)
    assert (opened.frame_rate, opened.frames.frame_rate) == (25, 25)


@pytest.mark.parametrize("frame_rate", [0, -3, float("nan"), float("inf")])
def test_an_impossible_frame_rate_is_an_error(sequence, frame_rate):
    with pytest.raises(ConfigError, match="frame"):
        open_input(sequence, frame_rate=frame_rate)


def test_neither_frames_nor_detections_is_an_error(sequence):
    with pytest.raises(InputError, match="has no frames"):
        open_input(sequence, use_public=False)
    (sequence / "det" / "det.txt").unlink()
    with pytest.raises(InputError, match=r"Street-1 has neither frames \(img1/ or Street-1.mp4\) nor det/det.txt"):
        open_input(sequence)


def test_what_is_missing_or_no_source_is_an_input_error(sequence, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("hello")
    for source in ("none.mp4", "empty", "notes.txt"):
        with pytest.raises(InputError):
            open_input(tmp_path / source)
    with pytest.raises(InputError, match=r"cannot read .*none.txt"):
        open_input(sequence, tmp_path / "none.txt")


def test_a_real_sequence_opens_with_video_and_public_detections(data):
    opened = open_input(data / "TUD-Campus")
    assert (opened.name, opened.frame_rate, opened.frame_count, len(opened.detections)) == ("TUD-Campus", 25, 71, 322)
    assert opened.frames.size == (640, 480)
