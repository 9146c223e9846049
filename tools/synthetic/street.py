"""Synthetic scenes for demo and tests: a street, and small scenes with a crossing, an occlusion and a re-entry."""

import numpy as np

from siamlink.tools.synthetic.scene import Person, Prop, Scene
from siamlink.tools.synthetic.street_background import ZEBRA
from siamlink.tools.synthetic.street_drawing import Clothes, Colour

_LANES = ((8.7, 0.4), (9.3, -0.2), (10.5, -3.4), (11.4, -4.6), (17.6, 8.0), (18.2, -2.5), (19.0, 0.6))
"""Distance from the camera, and metres along the route at time zero; below zero means about to turn back."""


def street(frame_count: int = 300, seed: int = 0, width: int = 960, height: int = 540, frame_rate: float = 30) -> Scene:
    """Nine people who cross each other, walk behind a kiosk and a lamp post, leave the image and come back."""
    rng = np.random.default_rng([seed, 0])
    reach, mirror = 0.5 * width / (1.3 * height), rng.choice([-1.0, 1.0])
    walks: list[tuple[list[tuple[float, float]], float]] = []
    for k, (z, start) in enumerate(_LANES):
        end = (-1) ** k * mirror * (reach * z + rng.uniform(0.6, 0.9))
        walks.append(([(-end, z - rng.uniform(0, 0.2)), (end, z + rng.uniform(0, 0.2))], start))
    for side, start in ((mirror, 6.0), (-mirror, 1.5)):
        x = sum(ZEBRA) / 2 + side * rng.uniform(0.6, 1.1)
        over = [(side * (reach * 17.2 + 0.7), 17.2), (x, 17.0), (x, 10.9), (-side * (reach * 10 + 0.7), 10.0)]
        walks.append((over if side == mirror else over[::-1], start))
    people = tuple(
        Person(tuple(route), rng.uniform(1.25, 1.5), start + rng.uniform(-0.3, 0.3), rng.uniform(1.6, 1.88), clothes)
        for (route, start), clothes in zip(walks, _random_clothes(len(walks), rng), strict=True)
    )
    props = (Prop("kiosk", 2.6, 9.9), Prop("lamp post", -3.6, 12.0))
    return Scene(width, height, frame_rate, frame_count, seed, people, props)


def crossing(frame_count: int = 120, seed: int = 0) -> Scene:
    """Two people who pass each other in the middle of a small image, halfway through."""
    return _small(frame_count, seed, [(-1, 8.6, 0.0), (1, 9.4, 0.0)])


def occlusion(frame_count: int = 120, seed: int = 0) -> Scene:
    """One person who walks behind a kiosk in the middle of a small image, halfway through."""
    return _small(frame_count, seed, [(1, 9.4, 0.0)], (Prop("kiosk", 0.0, 8.8),))


def reentry(frame_count: int = 120, seed: int = 0) -> Scene:
    """One person who leaves a small image on the right, halfway through, and comes back; another who stays in it."""
    return _small(frame_count, seed, [(1, 8.6, 5.9), (-1, 10.0, 0.0)])


def _small(frame_count: int, seed: int, walks: list[tuple[int, float, float]], props: tuple[Prop, ...] = ()) -> Scene:
    """A scene of 480x270 whose `walks` are direction, z, and the x of the person halfway through."""
    rng, frame_rate, speed = np.random.default_rng([seed, 0]), 30.0, 1.4
    people = []
    for (direction, z, x), clothes in zip(walks, _random_clothes(len(walks), rng), strict=True):
        end = direction * (0.684 * z + 0.8)
        start = direction * x + abs(end) - speed * frame_count / frame_rate / 2
        people.append(Person(((-end, z), (end, z)), speed, start, rng.uniform(1.65, 1.85), clothes))
    return Scene(480, 270, frame_rate, frame_count, seed, tuple(people), props)


_TOPS: tuple[Colour, ...] = (
    (44, 40, 196),
    (178, 92, 30),
    (40, 190, 226),
    (70, 128, 36),
    (236, 236, 232),
    (40, 112, 232),
    (140, 48, 118),
    (140, 136, 20),
    (150, 110, 226),
    (36, 34, 38),
)
_BOTTOMS: tuple[Colour, ...] = ((92, 56, 34), (44, 42, 46), (70, 108, 142), (52, 60, 84), (120, 88, 58))
_SKINS: tuple[Colour, ...] = ((150, 182, 226), (120, 156, 206), (82, 116, 168), (54, 78, 118))
_HAIRS: tuple[Colour, ...] = ((28, 32, 40), (34, 58, 92), (72, 138, 190), (150, 152, 156), (30, 50, 130))


def _random_clothes(count: int, rng: np.random.Generator) -> list[Clothes]:
    """Clothes for `count` people; up to ten wear different tops."""
    tops = rng.permutation(len(_TOPS))
    return [
        Clothes(
            skin=_SKINS[rng.integers(len(_SKINS))],
            hair=_HAIRS[rng.integers(len(_HAIRS))],
            top=_TOPS[tops[k % len(_TOPS)]],
            bottom=_BOTTOMS[rng.integers(len(_BOTTOMS))],
            backpack=_TOPS[tops[(k + 3) % len(_TOPS)]] if rng.random() < 0.3 else None,
            skirt=bool(rng.random() < 0.25),
            build=rng.uniform(0.94, 1.12),
        )
        for k in range(count)
    ]
