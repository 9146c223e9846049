"""Drawing of the synthetic street: camera, walking figures, lamp posts and kiosks as polygons."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamlink.detectors.base.arrays import Image

Array = NDArray[np.float64]
Colour = tuple[int, int, int]
"""Blue, green, red."""
Shape = tuple[Array, Colour]
"""A convex polygon (K, 2) in pixels, and its colour."""

CYCLE = 0.75
"""Metres per full cycle of both legs, per metre of body height; it keeps the standing foot in place."""


@dataclass(frozen=True)
class Camera:
    """A level pinhole camera 6 m above the ground, shifted down: the horizon is just above the image.

    World coordinates are metres: x to the right, up from the ground, z away from the camera.
    """

    width: int
    height: int

    elevation = 6.0

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return 1.3 * self.height

    @property
    def horizon(self) -> float:
        """Row of the horizon in pixels."""
        return -0.02 * self.height

    def project(self, x: Array | float, up: Array | float, z: Array | float) -> Array:
        """Pixels (..., 2) of world points given as arrays that broadcast."""
        column = self.width / 2 + self.focal * np.asarray(x) / z
        row = self.horizon + self.focal * (self.elevation - np.asarray(up)) / z
        return np.stack(np.broadcast_arrays(column, row), axis=-1)

    def rectangle(self, x: tuple[float, float], up: tuple[float, float], z: float) -> Array:
        """The four corners (4, 2) in pixels of an upright rectangle that faces the camera."""
        return self.project(np.array([x[0], x[1], x[1], x[0]]), np.array([up[1], up[1], up[0], up[0]]), z)


@dataclass(frozen=True)
class Clothes:
    """Colours of a person; `build` widens all limbs."""

    skin: Colour
    hair: Colour
    top: Colour
    bottom: Colour
    shoes: Colour = (40, 38, 42)
    backpack: Colour | None = None
    skirt: bool = False
    build: float = 1.0


@dataclass(frozen=True)
class Figure:
    """One walking person as tapered capsules, in every frame.

    Attributes:
        ends: (T, P, 2, 2) pixels of both ends of each part.
        radius: (T, P, 2) pixels at both ends.
        order: (T, P) the parts from far to near.
        colours: P colours.
        foot: (T, 2) pixel of the ground between the feet.
        depth: (T,) metres from the camera.
    """

    ends: Array
    radius: Array
    order: NDArray[np.intp]
    colours: tuple[Colour, ...]
    foot: Array
    depth: Array

    @property
    def box(self) -> Array:
        """(T, 4) exact extent `x1 y1 x2 y2` in pixels, in or out of the image."""
        radius = self.radius[..., None]
        return np.hstack([(self.ends - radius).min(axis=(1, 2)), (self.ends + radius).max(axis=(1, 2))])

    def outline(self, index: int) -> list[Shape]:
        """The parts at one time, far to near, each in its colour."""
        polygons = capsules(self.ends[index], self.radius[index])
        return [(polygons[part], self.colours[part]) for part in self.order[index]]

    def shapes(self, index: int) -> list[Shape]:
        """The parts at one time with light from the upper left: each is dark with a lighter core."""
        ends, radius = self.ends[index], self.radius[index]
        rim = capsules(ends, radius)
        core = capsules(ends - 0.2 * radius[..., None], 0.72 * radius)
        return [
            shape
            for part in self.order[index]
            for shape in ((rim[part], shade(self.colours[part], 0.72)), (core[part], self.colours[part]))
        ]


def walk(camera: Camera, clothes: Clothes, height: float, position: Array, heading: Array, distance: Array) -> Figure:
    """Pose a person along a walk.

    Args:
        camera: the camera.
        clothes: colours and build.
        height: metres.
        position: (T, 2) ground point x, z in metres.
        heading: (T, 2) unit vector of the walking direction on the ground.
        distance: (T,) metres walked so far, which sets the legs.
    """
    parts = _body(clothes, 2 * np.pi * distance / (CYCLE * height))
    local = height * np.stack([part[0] for part in parts], axis=1)
    forward, left, up = np.moveaxis(local, -1, 0)
    (x, z), (hx, hz) = position.T[..., None, None], heading.T[..., None, None]
    depth = z + forward * hz + left * hx
    ends = camera.project(x + forward * hx - left * hz, up, depth)
    widths = np.array([part[1] for part in parts]) * height * clothes.build
    radius = widths * (camera.focal / z)
    order = np.argsort(-depth.mean(axis=-1), axis=1, kind="stable")
    foot = camera.project(position[:, 0], 0.0, position[:, 1])
    return Figure(ends, radius, order, tuple(part[2] for part in parts), foot, position[:, 1])


Part = tuple[Array, tuple[float, float], Colour]
"""Ends (T, 2, 3) forward, left, up; radius at both; all in body heights."""


def _body(clothes: Clothes, phase: Array) -> list[Part]:
    """All parts of a body in the walking cycle's `phase` (T,) in radians, the lowest foot on the ground."""
    legs, arms = [], []
    for side, swing in ((1.0, np.sin(phase)), (-1.0, -np.sin(phase))):
        lift = np.maximum(0.0, side * np.cos(phase)) ** 2
        legs.append(_limb(0.045 * side, 0.52, (0.4 * swing, 0.245), (0.4 * swing - 0.1 - 0.85 * lift, 0.235)))
        arms.append(_limb(0.112 * side, 0.805, (-0.5 * swing, 0.165), (0.3 - 0.55 * swing, 0.15)))
    ground = np.minimum(legs[0][2][:, 2], legs[1][2][:, 2])[:, None] - 0.024
    parts: list[Part] = []
    leg_colour = clothes.skin if clothes.skirt else clothes.bottom
    for hip, knee, ankle in legs:
        parts.append((_ends(hip, knee), (0.056, 0.041), leg_colour))
        parts.append((_ends(knee, ankle), (0.039, 0.027), leg_colour))
        parts.append((_ends(ankle, ankle + np.array([0.075, 0, -0.004])), (0.026, 0.020), clothes.shoes))
    parts += _trunk(clothes, len(phase))
    for shoulder, elbow, hand in arms:
        parts.append((_ends(elbow, hand), (0.027, 0.021), clothes.skin))
        parts.append((_ends(shoulder, elbow), (0.036, 0.030), clothes.top))
    return [(part - np.stack([0 * ground, 0 * ground, ground], axis=-1), radius, hue) for part, radius, hue in parts]


def _trunk(clothes: Clothes, count: int) -> list[Part]:
    """The parts that do not swing: hips, chest, neck, hair, head, and what is worn over them."""
    rows: list[tuple[tuple[float, ...], tuple[float, ...], tuple[float, float], Colour]] = [
        ((0, -0.035, 0.53), (0, 0.035, 0.53), (0.064, 0.064), clothes.bottom),
        ((0, 0.030, 0.58), (0, 0.062, 0.775), (0.062, 0.062), clothes.top),
        ((0, -0.030, 0.58), (0, -0.062, 0.775), (0.062, 0.062), clothes.top),
        ((0.005, 0, 0.83), (0.008, 0, 0.90), (0.030, 0.028), clothes.skin),
        ((-0.014, 0, 0.925), (-0.008, 0, 0.95), (0.053, 0.053), clothes.hair),
        ((0.012, 0, 0.912), (0.014, 0, 0.938), (0.042, 0.046), clothes.skin),
    ]
    if clothes.backpack is not None:
        rows.append(((-0.095, 0, 0.66), (-0.09, 0, 0.77), (0.058, 0.05), clothes.backpack))
    if clothes.skirt:
        rows.append(((0, 0, 0.56), (0.005, 0, 0.37), (0.075, 0.105), clothes.bottom))
    return [(np.broadcast_to(np.array([a, b], float), (count, 2, 3)), radius, hue) for a, b, radius, hue in rows]


def _limb(left: float, up: float, upper: tuple[Array, float], lower: tuple[Array, float]) -> list[Array]:
    """Root, middle joint and end (T, 3) of a limb of two segments, each an angle from straight down and a length."""
    points = [np.broadcast_to(np.array([0.0, left, up]), (len(upper[0]), 3))]
    for angle, length in (upper, lower):
        step = np.stack([length * np.sin(angle), 0 * angle, -length * np.cos(angle)], axis=-1)
        points.append(points[-1] + step)
    return points


def _ends(a: Array, b: Array) -> Array:
    return np.stack([a, b], axis=1)


def capsules(ends: Array, radius: Array, points: int = 8) -> Array:
    """Convex hulls (..., 2 * points, 2) of the circle pairs with centres `ends` (..., 2, 2) and `radius` (..., 2)."""
    axis = ends[..., 1, :] - ends[..., 0, :]
    length = np.maximum(np.hypot(axis[..., 0], axis[..., 1]), 1e-9)
    tangent = np.arccos(np.clip((radius[..., 0] - radius[..., 1]) / length, -1, 1))[..., None]
    angle, turn = np.arctan2(axis[..., 1], axis[..., 0])[..., None], np.linspace(-1, 1, points)
    around = np.concatenate([angle + np.pi + turn * (np.pi - tangent), angle + turn * tangent], axis=-1)
    circle = np.stack([np.cos(around), np.sin(around)], axis=-1)
    hull: Array = np.repeat(ends, points, axis=-2) + np.repeat(radius, points, axis=-1)[..., None] * circle
    return hull


def paint(image: Image, shapes: Sequence[Shape], origin: ArrayLike = (0, 0)) -> None:
    """Fill anti-aliased polygons, in order; `origin` is the pixel position of the image's upper left corner."""
    offset = np.asarray(origin) + 0.5
    for polygon, colour in shapes:
        cv2.fillConvexPoly(image, np.rint((polygon - offset) * 16).astype(np.int32), colour, cv2.LINE_AA, 4)


def recolour(shapes: Sequence[Shape], grey: int) -> list[Shape]:
    """The same polygons in one shade of grey."""
    return [(polygon, (grey, grey, grey)) for polygon, _ in shapes]


def cast_shadow(image: Image, centre: Array, radius: float) -> None:
    """Darken the ground softly around a foot point, `radius` pixels wide and a third as high."""
    reach = np.array([2.0 * radius, 0.7 * radius])
    low = np.maximum(np.floor(centre - reach), 0).astype(int)
    high = np.minimum(np.ceil(centre + reach), image.shape[1::-1]).astype(int)
    if (high <= low).any():
        return
    x = (np.arange(low[0], high[0]) + 0.5 - centre[0]) / radius
    y = (np.arange(low[1], high[1]) + 0.5 - centre[1]) / (0.35 * radius)
    light = 1 - 0.38 * np.exp(-1.2 * (x**2 + y[:, None] ** 2))
    patch = image[low[1] : high[1], low[0] : high[0]]
    patch[:] = patch * light[..., None]


def lamp_post(camera: Camera, x: float, z: float) -> list[Shape]:
    """A lamp post, taller than the image."""
    rows = [
        ((-0.07, 0.07), (0.0, 9.0), (62, 66, 60)),
        ((-0.05, -0.01), (0.0, 9.0), (104, 108, 100)),
        ((-0.14, 0.14), (0.0, 0.75), (50, 54, 48)),
        ((-0.11, -0.05), (0.0, 0.75), (92, 96, 88)),
    ]
    return _facade(camera, x, z, rows)


def kiosk(camera: Camera, x: float, z: float) -> list[Shape]:
    """A newspaper kiosk, 1.5 m wide and 2.6 m high."""
    rows: list[tuple[tuple[float, float], tuple[float, float], Colour]] = [
        ((-0.75, 0.75), (0.0, 2.5), (88, 104, 52)),
        ((0.55, 0.75), (0.0, 2.5), (70, 84, 40)),
        ((-0.75, 0.75), (0.0, 0.12), (54, 62, 34)),
        ((-0.62, 0.42), (0.95, 1.95), (58, 48, 40)),
        ((-0.62, 0.42), (0.92, 1.0), (150, 166, 170)),
    ]
    covers = [(52, 70, 190), (170, 120, 60), (60, 170, 200), (160, 160, 165), (90, 150, 90), (150, 80, 150)]
    for index, cover in enumerate(covers):
        left = -0.58 + 0.165 * index
        rows.append(((left, left + 0.13), (1.05, 1.25), cover))
        rows.append(((left, left + 0.13), (1.5, 1.7), covers[(index * 5 + 2) % 6]))
        rows.append(((left - 0.02, left + 0.11), (0.3, 0.75), (96, 114, 60)))
    stripes = ((176, 186, 192), (60, 72, 178))
    rows += [((-0.9 + 0.18 * k, -0.72 + 0.18 * k), (2.05, 2.4), stripes[k % 2]) for k in range(10)]
    rows += [((-0.85, 0.85), (2.4, 2.62), (60, 72, 36)), ((-0.85, 0.85), (2.56, 2.62), (104, 122, 66))]
    return _facade(camera, x, z, rows)


def _facade(
    camera: Camera, x: float, z: float, rows: Sequence[tuple[tuple[float, float], tuple[float, float], Colour]]
) -> list[Shape]:
    return [(camera.rectangle((x + a, x + b), up, z), colour) for (a, b), up, colour in rows]


def shade(colour: Colour, factor: float) -> Colour:
    """A colour times a factor."""
    return tuple(min(255, round(channel * factor)) for channel in colour)  # type: ignore[return-value]
