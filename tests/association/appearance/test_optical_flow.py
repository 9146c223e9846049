import cv2
import numpy as np
import pytest

from siamlink.association.appearance.optical_flow import BackgroundFlow, FlowEstimator, FlowParameters
from siamlink.detectors.base.errors import ConfigError, InputError
from siamlink.detectors.base.parameters import build

STILL = FlowParameters(remove_camera_motion=False)


def texture(height, width, seed=0):
    """Clouds of several sizes, so that motion shows at every scale; (height, width, 3) uint8."""
    random = np.random.default_rng(seed)
    image = np.zeros((height, width, 3))
    for size, strength in ((4, 30), (12, 40), (40, 40)):
        noise = random.normal(0, 1, (height // size + 2, width // size + 2, 3))
        image += strength * cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(image + 128, 0, 255).astype(np.uint8)


def moved(image, affine):
    """What a camera shows after the picture's content moved by a (2, 3) map of continuous pixel coordinates."""
    affine = np.asarray(affine, float)
    of_pixels = affine.copy()
    of_pixels[:, 2] += affine[:, :2] @ (0.5, 0.5) - 0.5
    return cv2.warpAffine(image, of_pixels, image.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)


def shifted(image, dx, dy):
    return moved(image, [[1, 0, dx], [0, 1, dy]])


def flow_between(first, second, parameters=STILL, frame_rate=10.0, **asked):
    estimator = FlowEstimator(parameters, frame_rate)
    estimator.update(first)
    return estimator.update(second, **asked)


def median_inside(field, margin=24):
    return np.median(field.vectors[margin:-margin, margin:-margin].reshape(-1, 2), axis=0)


@pytest.mark.parametrize("method", ["dis", "farneback"])
@pytest.mark.parametrize(("dx", "dy"), [(5, 0), (-5, 0), (0, 4), (0, -4), (3, -2)])
def test_right_and_down_are_positive_in_pixels_a_second(method, dx, dy):
    image = texture(240, 320)
    parameters = FlowParameters(method=method, remove_camera_motion=False)
    field = flow_between(image, shifted(image, dx, dy), parameters, frame_rate=10)
    assert median_inside(field) == pytest.approx((10 * dx, 10 * dy), abs=1)


def test_vectors_lie_on_the_pixels_of_the_later_frame():
    wall, person = texture(240, 320), texture(160, 100, seed=3)
    first, second = wall.copy(), wall.copy()
    first[40:200, 100:200], second[40:200, 116:216] = person, person
    vectors = flow_between(first, second, frame_rate=1).vectors
    arrived = vectors[60:180, 202:214]  # The person is here only in the later frame.
    assert np.median(arrived.reshape(-1, 2), axis=0) == pytest.approx((16, 0), abs=1)
    assert np.median(vectors[60:180, 120:200].reshape(-1, 2), axis=0) == pytest.approx((16, 0), abs=0.5)
    assert np.abs(vectors[:, :60]).max() < 1


def test_farneback_and_dis_agree_on_a_smooth_motion():
    image = texture(240, 320)
    later = moved(image, [[1.01, 0.01, 1], [-0.01, 1.01, -2]])
    one, other = (
        flow_between(image, later, FlowParameters(method=method, remove_camera_motion=False))
        for method in ("dis", "farneback")
    )
    inside = np.abs(one.vectors - other.vectors)[24:-24, 24:-24]
    assert np.percentile(inside, 95) < 3  # of a motion up to 50 pixels a second
    assert np.abs(one.vectors).max() > 30


@pytest.mark.parametrize(("seconds", "expected"), [(None, 40), (0.5, 8), (0.1, 40), (0.0, 40), (-1.0, 40)])
def test_the_time_since_the_last_frame_is_given_or_that_of_the_frame_rate(seconds, expected):
    image = texture(200, 200)
    field = flow_between(image, shifted(image, 4, 0), frame_rate=10, seconds=seconds)
    assert median_inside(field)[0] == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize(("height", "limit", "factor"), [(240, 240, 1), (241, 240, 2), (480, 240, 2), (481, 200, 3)])
def test_tall_frames_are_shrunk_by_a_whole_factor_and_vectors_stay_in_frame_pixels(height, limit, factor):
    image = texture(height, 401)
    parameters = FlowParameters(height=limit, remove_camera_motion=False)
    field = flow_between(image, shifted(image, 6, -6), parameters, frame_rate=1)
    assert field.vectors.shape == (height // factor, 401 // factor, 2)
    assert field.vectors.dtype == np.float32
    assert field.scale == pytest.approx(1 / factor)
    assert median_inside(field, 24 // factor) == pytest.approx((6, -6), abs=0.3)


def test_the_first_frame_has_no_motion():
    field = FlowEstimator(FlowParameters(), 30).update(texture(200, 300), box=np.array([[10, 10, 50, 90]]))
    assert field.vectors.shape == (200, 300, 2)
    assert not field.vectors.any()
    assert field.camera_motion is None


def test_each_frame_is_compared_with_the_one_before():
    image, estimator = texture(200, 300), FlowEstimator(STILL, 1)
    seen = [median_inside(estimator.update(shifted(image, x, 0)))[0] for x in (0, 4, 4, 1)]
    assert seen == pytest.approx([0, 4, 0, -3], abs=0.3)


def test_flow_is_computed_around_the_boxes_only():
    image = texture(480, 640)
    later = shifted(image, 5, 3)
    box = np.array([[200, 200, 240, 300], [260, 180, 300, 290]], np.float32)
    whole, part = flow_between(image, later), flow_between(image, later, box=box)
    inside = np.s_[180:300, 200:300]
    assert np.abs(part.vectors[inside] - whole.vectors[inside]).max() < 5  # of 58 pixels a second
    assert np.median(part.vectors[inside], axis=(0, 1)) == pytest.approx((50, 30), abs=1)
    assert not part.vectors[:100].any()
    assert not part.vectors[:, 400:].any()


@pytest.mark.parametrize("parameters", [STILL, FlowParameters()])
@pytest.mark.parametrize(
    "box", [np.zeros((0, 4)), np.array([[1e4, 0, 2e4, 100]]), np.array([[-500, -900, -400, -600]])]
)
def test_without_boxes_nothing_is_computed(box, parameters):
    image = texture(200, 300)
    assert not flow_between(image, shifted(image, 5, 3), parameters, box=box).vectors.any()


@pytest.mark.parametrize(
    "box", [[-40, -40, 5, 5], [290, 190, 400, 300], [-1e6, -1e6, 1e6, 1e6], [150, 100, 150.5, 101]]
)
def test_boxes_of_any_kind_have_flow(box):
    image = texture(200, 300)
    field = flow_between(image, shifted(image, 5, 3), box=np.array([box]))
    x, y = np.clip([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], 5, [290, 190]).astype(int)
    assert np.isfinite(field.vectors).all()
    assert field.vectors[y, x].any()


@pytest.mark.parametrize("method", ["dis", "farneback"])
@pytest.mark.parametrize("shape", [(1, 1), (8, 200), (16, 200), (200, 16), (95, 97), (64, 64)])
def test_small_images_have_flow(shape, method):
    image = texture(*shape)
    for box in (None, np.array([[0.0, 0.0, *shape]])):
        field = flow_between(image, image[:, ::-1], FlowParameters(method=method), box=box)
        assert field.vectors.shape == (*shape, 2)
        assert np.isfinite(field.vectors).all()


def test_a_small_picture_does_not_change_what_follows():
    image, estimator = texture(240, 320), FlowEstimator(STILL, 1)
    boxes = (np.array([[0, 0, 10, 10]]), None)
    seen = [estimator.update(shifted(image, 2 * step, 0), box=boxes[step % 2]) for step in range(4)]
    assert (seen[3].vectors == flow_between(shifted(image, 4, 0), shifted(image, 6, 0), frame_rate=1).vectors).all()


@pytest.mark.parametrize(
    ("box", "inside"), [((0, 0, 10, 10), np.s_[60:96, 60:96]), ((310, 230, 320, 240), np.s_[150, 230])]
)
def test_a_small_box_in_a_corner_has_flow_with_its_margin(box, inside):
    image = texture(240, 320)
    field = flow_between(image, shifted(image, 4, 2), box=np.array([box]))
    assert np.median(field.vectors[inside].reshape(-1, 2), axis=0) == pytest.approx((40, 20), abs=4)
    assert not field.vectors[120, 160].any()


def test_another_size_is_one_clear_line():
    estimator = FlowEstimator(FlowParameters(), 30)
    estimator.update(texture(200, 300))
    with pytest.raises(InputError, match="from 300x200 to 200x300"):
        estimator.update(texture(300, 200))


def test_the_motion_of_a_panning_camera_is_removed_and_that_of_the_object_stays():
    world, walker = texture(480, 900, seed=1), texture(120, 50, seed=2)
    frames, boxes = [], []
    for step in range(2):
        frame = world[:, 60 + 7 * step : 700 + 7 * step].copy()  # The camera turns right: the world moves left.
        x = 300 + 4 * step
        frame[200:320, x : x + 50] = walker
        frames.append(frame)
        boxes.append(np.array([[x, 200, x + 50, 320]], np.float32))
    estimator = FlowEstimator(FlowParameters(), 10)
    estimator.update(frames[0], box=boxes[0])
    field = estimator.update(frames[1], box=boxes[1])
    assert field.camera_motion == pytest.approx(np.array([[1, 0, -7], [0, 1, 0]]), abs=0.2)
    assert field.camera_motion[:, :2] == pytest.approx(np.eye(2), abs=1e-3)
    assert np.median(field.vectors[220:300, 312:342].reshape(-1, 2), axis=0) == pytest.approx((110, 0), abs=4)
    background = np.abs(field.vectors[190:330, 250:280])
    assert np.median(background) < 2  # of 70 pixels a second


def test_the_camera_motion_alone_is_that_of_the_flow():
    image, box = texture(200, 300), np.array([[40, 40, 80, 120]])
    alone = FlowEstimator(FlowParameters(), 30)
    assert alone.camera_motion(image, box) is None
    both = flow_between(image, shifted(image, 3, -2), FlowParameters(), box=box)
    np.testing.assert_array_equal(alone.camera_motion(shifted(image, 3, -2), box), both.camera_motion)


def test_the_camera_motion_maps_points_of_the_previous_frame():
    image, box = texture(480, 640), np.zeros((0, 4))
    turn, zoom = np.deg2rad(0.8), 1.01
    linear = zoom * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    affine = np.column_stack([linear, np.array([320, 240]) - linear @ (320, 240) + (3, -2)])
    field = flow_between(image, moved(image, affine), FlowParameters(), box=box)
    point = np.array([[50, 50, 1], [590, 50, 1], [320, 430, 1]]).T
    assert field.camera_motion @ point == pytest.approx(affine @ point, abs=0.3)


@pytest.mark.parametrize("box", [None, np.array([[760, 420, 800, 520]])])
def test_a_camera_that_turns_and_zooms_is_removed_at_any_scale(box):
    image = texture(720, 960)
    affine = np.array([[1.02, -0.015, 4.0], [0.015, 1.02, -3.0]])
    kept, removed = (
        flow_between(image, moved(image, affine), FlowParameters(height=400, remove_camera_motion=remove), box=box)
        for remove in (False, True)
    )
    inside = np.s_[210:260, 380:400]
    assert np.abs(kept.vectors[inside]).mean() > 100
    assert np.abs(removed.vectors[inside]).mean() < 5
    assert removed.camera_motion[:, :2] == pytest.approx(affine[:, :2], abs=3e-3)


def test_a_still_camera_does_not_move_though_a_third_of_the_picture_does():
    shift = np.zeros((240, 320, 2), np.float32)
    shift[:, 200:, 0] = 5
    assert BackgroundFlow.sampled(shift, 1).camera_motion() == pytest.approx(np.eye(2, 3), abs=0.05)


def test_pixels_in_boxes_do_not_count_for_the_camera():
    shift = np.full((200, 320, 2), (2, -1), np.float32)
    shift[:, :220] = (40, 9)
    camera = BackgroundFlow.sampled(shift, 2).camera_motion(np.array([[0, 0, 440, 400]]))
    assert camera == pytest.approx(np.array([[1, 0, 2], [0, 1, -1]]), abs=1e-6)


def test_boxes_that_cover_all_leave_no_camera_motion():
    image = texture(200, 300)
    box = np.array([[-10, -10, 310, 210]])
    field = flow_between(image, shifted(image, 5, 0), FlowParameters(), box=box)
    assert field.camera_motion is None
    assert median_inside(field)[0] == pytest.approx(50, abs=1)


@pytest.mark.parametrize("zoom", [1, -3])
def test_a_picture_that_collapses_or_bursts_is_no_camera_motion(zoom):
    x, y = np.meshgrid(np.arange(320) + 0.5, np.arange(240) + 0.5)
    assert BackgroundFlow.sampled(zoom * np.dstack([x, y]).astype(np.float32), 1).camera_motion() is None


def test_the_same_frames_have_the_same_flow():
    image = texture(300, 400)
    later = moved(image, [[1.01, 0.01, 1], [-0.01, 1.01, -2]])
    threads = cv2.getNumThreads()
    try:
        fields = []
        for count in (1, 2, 5):
            cv2.setNumThreads(count)
            fields.append(flow_between(image, later, FlowParameters()))
    finally:
        cv2.setNumThreads(threads)
    for field in fields[1:]:
        assert (field.vectors == fields[0].vectors).all()
        assert (field.camera_motion == fields[0].camera_motion).all()


def test_parameters_have_a_range():
    with pytest.raises(ConfigError, match="height"):
        build(FlowParameters, {"height": 20}, "here")
    with pytest.raises(ConfigError, match="method"):
        build(FlowParameters, {"method": "lucas"}, "here")
