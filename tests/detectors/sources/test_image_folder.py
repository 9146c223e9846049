from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.sources.image_folder import ImageFolder, find_images, read_image

Paint = Callable[..., np.ndarray]


def save(path: Path, image: np.ndarray) -> Path:
    assert cv2.imwrite(str(path), image)
    return path


def test_images_come_in_natural_order(tmp_path: Path, paint: Paint, read_number) -> None:
    for number in (10, 9, 2, 1, 100):
        save(tmp_path / f"frame{number}.png", paint(number))
    source = ImageFolder(tmp_path)
    frames = list(source)
    assert [read_number(frame.image) for frame in frames] == [1, 2, 9, 10, 100]
    assert [frame.number for frame in frames] == [1, 2, 3, 4, 5]
    assert [frame.seconds for frame in frames] == pytest.approx([k / 30 for k in range(5)])
    assert (source.name, source.frame_rate, source.frame_count) == (tmp_path.name, 30.0, 5)
    assert (source.size, source.live, source.broken, source.read_count) == ((128, 96), False, None, 5)


def test_only_images_are_used_in_any_case(tmp_path: Path, paint: Paint) -> None:
    for name in ("a.jpg", "b.JPEG", "C.Png", "d.bmp", "e.webp", "f.tif", "g.TIFF"):
        save(tmp_path / name, paint(1))
    for name in ("notes.txt", ".hidden.png", "._a.jpg", "Thumbs.db"):
        (tmp_path / name).write_text("no image")
    assert [path.name for path in find_images(tmp_path)] == [
        *("a.jpg", "b.JPEG", "C.Png", "d.bmp", "e.webp", "f.tif", "g.TIFF")
    ]
    assert len(list(ImageFolder(tmp_path))) == 7


def test_pixels_are_the_files(tmp_path: Path, paint: Paint) -> None:
    image = paint(5)
    assert np.array_equal(read_image(save(tmp_path / "a.png", image)), image)
    path = save(tmp_path / "b.jpg", image)
    assert np.array_equal(read_image(path), cv2.imread(str(path)))


def test_grey_deep_and_transparent_images_become_bgr(tmp_path: Path) -> None:
    grey = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64) * 20
    deep = read_image(save(tmp_path / "deep.png", grey))
    assert deep.shape == (48, 64, 3)
    assert np.array_equal(deep[..., 0], grey >> 8)
    flat = read_image(save(tmp_path / "grey.png", (grey >> 8).astype(np.uint8)))
    assert np.array_equal(flat, deep)
    clear = np.full((48, 64, 4), (10, 20, 30, 128), np.uint8)
    assert np.array_equal(read_image(save(tmp_path / "clear.png", clear)), clear[..., :3])


@pytest.mark.parametrize("suffix", ["ppm", "gif", "tif", "webp", "BMP", "pgm"])
def test_images_of_every_kind_are_read(suffix: str, tmp_path: Path, paint: Paint, read_number) -> None:
    for number in (1, 2, 3):
        Image.fromarray(paint(number)).convert("L" if suffix == "pgm" else "RGB").save(tmp_path / f"{number}.{suffix}")
    source = ImageFolder(tmp_path)
    assert [read_number(frame.image) for frame in source] == [1, 2, 3]
    assert source.notes == []


def test_frames_have_the_numbers_of_names_that_rise_by_one(tmp_path: Path, paint: Paint, read_number) -> None:
    for number in (60, 61, 62):
        save(tmp_path / f"{number:06d}.png", paint(number))
    source = ImageFolder(tmp_path)
    frames = list(source)
    assert [frame.number for frame in frames] == [read_number(frame.image) for frame in frames] == [60, 61, 62]
    assert [frame.seconds for frame in frames] == pytest.approx([0, 1 / 30, 2 / 30])
    assert (source.first_number, source.frame_count, source.read_count, source.last_number) == (60, 3, 3, 62)
    assert [frame.number for frame in source.from_one()] == [1, 2, 3]


def test_of_two_files_of_one_frame_one_is_used_with_a_note(tmp_path: Path, paint: Paint) -> None:
    for number in (1, 2):
        save(tmp_path / f"{number}.png", paint(number))
        save(tmp_path / f"{number}.jpg", paint(number))
    source = ImageFolder(tmp_path)
    assert [path.name for path in source.files] == ["1.jpg", "2.jpg"]
    assert source.notes == ["2 pictures are there more than once, as 1.jpg and 1.png: 1.jpg is used, and the like"]


def test_a_file_of_several_pictures_gives_the_first_with_a_note(tmp_path: Path, paint: Paint) -> None:
    first, *others = (Image.fromarray(paint(number)) for number in (1, 2, 3))
    first.save(tmp_path / "stack.tif", save_all=True, append_images=others)
    source = ImageFolder(tmp_path)
    assert len(list(source)) == 1
    assert source.notes == ["stack.tif holds 3 pictures, of which the first is used: each needs its own file"]


@pytest.mark.parametrize("suffix", ["png", "tif", "pgm"])
def test_16_bit_images_are_converted_where_their_range_is_plain(suffix: str, tmp_path: Path) -> None:
    grey = np.arange(48 * 64, dtype=np.uint16).reshape(48, 64)
    save(tmp_path / f"1.{suffix}", grey * 20)
    save(tmp_path / f"2.{suffix}", grey // 2)  # dark, but of the same video
    images = [frame.image for frame in ImageFolder(tmp_path)]
    assert np.array_equal(images[0][..., 1], (grey * 20) >> 8)
    assert np.array_equal(images[1][..., 1], (grey // 2) >> 8)
    save(tmp_path / f"1.{suffix}", grey)
    with pytest.raises(
        InputError, match=rf"1\.{suffix}: the image has .* uint16, with values from 0 to 3071; expected"
    ):
        ImageFolder(tmp_path)


def test_float_images_from_0_to_1_are_converted(tmp_path: Path) -> None:
    Image.fromarray(np.linspace(0, 1, 48 * 64, dtype=np.float32).reshape(48, 64)).save(tmp_path / "1.tif")
    (frame,) = ImageFolder(tmp_path)
    assert (frame.image[0, 0, 0], frame.image[-1, -1, 0], frame.image.shape) == (0, 255, (48, 64, 3))


def test_a_sideways_photo_is_rotated_upright(tmp_path: Path) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    picture[:24, :32] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("1.jpg", "2.jpg"):
        Image.fromarray(picture).save(tmp_path / name, exif=exif)
    save(tmp_path / "3.jpg", np.ascontiguousarray(np.rot90(picture, -1)))
    source = ImageFolder(tmp_path)
    assert source.size == (48, 64)
    for frame in source:
        assert frame.image.shape == (64, 48, 3)
        assert frame.image[2, -3].min() > 240
        assert frame.image[2, 2].max() < 15
    assert source.broken is None


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"no images in .*: expected jpg, jpeg, png, .* or a MOT sequence with img1/"):
        ImageFolder(tmp_path)
    with pytest.raises(InputError, match=r"cannot read the folder .*absent: No such file"):
        ImageFolder(tmp_path / "absent")


def test_mixed_sizes_are_an_error_with_file_and_both_sizes(tmp_path: Path, paint: Paint) -> None:
    for number in range(1, 8):
        save(tmp_path / f"{number}.png", paint(number, (64, 48) if number in (5, 7) else (128, 96)))
    with pytest.raises(InputError, match=r"mixed sizes: .*/5\.png is 64x48, those before it are 128x96"):
        ImageFolder(tmp_path)


@pytest.mark.parametrize("suffix", ["jpg", "png", "bmp", "webp", "tif"])
@pytest.mark.parametrize("kept", [0.0, 0.02, 0.6])
def test_the_frames_end_before_a_broken_image(suffix: str, kept: float, tmp_path: Path, paint: Paint, capfd) -> None:
    paths = [save(tmp_path / f"{number}.{suffix}", paint(number)) for number in range(1, 7)]
    data = paths[3].read_bytes()
    paths[3].write_bytes(data[: int(len(data) * kept)])
    source = ImageFolder(tmp_path)
    assert [frame.number for frame in source] == [1, 2, 3]
    assert source.broken is not None
    assert source.broken.startswith(f"frame 4: cannot read the image {paths[3]}: ")
    assert "\n" not in source.broken
    assert capfd.readouterr() == ("", "")


def test_a_folder_whose_first_image_is_broken_is_an_error(tmp_path: Path, paint: Paint) -> None:
    (tmp_path / "1.png").write_text("no image")
    save(tmp_path / "2.png", paint(2))
    with pytest.raises(InputError, match=r"cannot read the image .*1\.png: not an image, or damaged"):
        ImageFolder(tmp_path)
