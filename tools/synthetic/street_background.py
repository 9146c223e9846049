"""The empty synthetic street: shops, a road with a zebra crossing, and pavements."""

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Image
from siamlink.tools.synthetic.street_drawing import Camera, Colour

KERB, ROAD_END, WALL = 12.3, 16.6, 20.6
"""Distances from the camera in metres: pavement until KERB, road, pavement from ROAD_END, wall."""
ZEBRA = (-2.2, 1.2)
"""Left and right end of the crossing, in metres."""


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
