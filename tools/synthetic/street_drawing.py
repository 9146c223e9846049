"""Drawing of the synthetic street: camera, walking figures, lamp posts and kiosks as polygons, and background."""

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

KERB, ROAD_END, WALL = 12.3, 16.6, 20.6
"""Distances from the camera in metres: pavement until KERB, road, pavement from ROAD_END, wall."""
ZEBRA = (-2.2, 1.2)
"""Left and right end of the crossing, in metres."""
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


def background(camera: Camera, seed: int) -> Image:
    """The empty street (H, W, 3): shops behind a pavement, a road with a zebra crossing, and the near pavement."""
    fine = Camera(2 * camera.width, 2 * camera.height)
    rng = np.random.default_rng([seed, 1])
    row, column = np.mgrid[: fine.height, : fine.width].astype(np.float32) + np.float32(0.5)
    drop, aside = (row - fine.horizon) / fine.focal, (column - fine.width / 2) / fine.focal
    foot = int(fine.project(0.0, 0.0, WALL)[1])
    wall = _wall(aside[:foot] * WALL, np.maximum(fine.elevation - drop[:foot] * WALL, 0), rng)
    z = np.minimum(fine.elevation / drop[foot:], WALL)
    canvas = np.concatenate([wall, _ground(aside[foot:] * z, z, rng)])
    grain = 1.06 + 0.025 * _cloud(rng, canvas.shape[:2], 24) + 0.03 * _cloud(rng, canvas.shape[:2], 5)
    canvas *= (grain - 0.1 * np.hypot(aside, drop))[..., None]
    small = cv2.resize(canvas, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return np.clip(small, 0, 255).astype(np.uint8)


def _ground(x: NDArray[np.float32], z: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    slab = rng.normal(1, 0.03, (64, 64)).astype(np.float32)
    tint = slab[np.floor(x / 0.7).astype(int) % 64, np.floor(z / 0.7).astype(int) % 64]
    joint = (np.abs(x / 0.7 % 1 - 0.5) > 0.485) | (np.abs(z / 0.7 % 1 - 0.5) > 0.485)
    ground = np.array([160, 168, 173], np.float32) * np.where(joint, np.float32(0.87), tint)[..., None]
    road = (z > KERB) & (z < ROAD_END)
    ground[road] = (92, 90, 90)
    zebra = road & (x > ZEBRA[0]) & (x < ZEBRA[1]) & ((z - KERB - 0.4) % 1.0 < 0.5) & (z < ROAD_END - 0.3)
    middle = road & (np.abs(z - (KERB + ROAD_END) / 2) < 0.07) & (x % 3 < 1.6) & ((x < -3.5) | (x > 2.5))
    ground[zebra | middle] = (196, 200, 200)
    ground[(np.abs(z - KERB) < 0.12) | (np.abs(z - ROAD_END) < 0.12)] = (178, 184, 188)
    ground[(z > KERB + 0.12) & (z < KERB + 0.3)] = (74, 73, 73)
    return ground


def _wall(x: NDArray[np.float32], up: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    course = np.floor(up / 0.16)
    joint = (up / 0.16 % 1 < 0.14) | ((x / 0.42 + 0.5 * (course % 2)) % 1 < 0.06)
    wall = np.array([104, 122, 148], np.float32) * np.where(joint, np.float32(1.1), np.float32(1.0))[..., None]
    bay, across = np.floor(x / 5.2).astype(int), x % 5.2
    paints = [[96, 70, 52], [62, 92, 60], [58, 60, 118], [110, 104, 78], [70, 66, 66]]
    paintwork = rng.permutation(np.array(paints, np.float32))
    shop = up < 3.3
    wall[shop] = paintwork[bay % 5][shop]

    def panel(left: float, right: float, low: float, high: float, colour: Colour) -> None:
        wall[(across > left) & (across < right) & (up > low) & (up < high)] = colour

    panel(0.35, 3.35, 0.55, 2.45, (150, 158, 156))
    panel(0.42, 3.28, 0.62, 2.38, (88, 84, 72))
    panel(1.80, 1.88, 0.62, 2.38, (150, 158, 156))
    panel(3.75, 4.85, 0.0, 2.45, (150, 158, 156))
    panel(3.83, 4.77, 0.0, 2.37, (70, 66, 58))
    glass = (up > 0.62) & (up < 2.38) & (across > 0.42) & (across < 3.28) & ((across + 0.8 * up) % 2.1 < 0.5)
    wall[glass] += 18
    wall[(up > 2.65) & (up < 3.15)] *= 1.35
    for left in (0.6, 3.2):
        panel(left - 0.1, left + 1.5, 4.0, 6.1, (168, 176, 180))
        panel(left, left + 1.4, 4.1, 6.0, (96, 90, 78))
        panel(left + 0.66, left + 0.74, 4.1, 6.0, (168, 176, 180))
    wall[(up > 3.3) & (up < 3.45)] = (156, 164, 168)
    return wall


def _cloud(rng: np.random.Generator, shape: tuple[int, int], cell: int) -> NDArray[np.float32]:
    """Smooth noise of unit deviation whose grain is `cell` pixels."""
    coarse = rng.normal(size=(shape[0] // cell + 2, shape[1] // cell + 2)).astype(np.float32)
    return cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32, copy=False)
