"""A synthetic scene with exact ground truth: people, props, detections, images and a MOT sequence."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from siamlink.detectors.base.arrays import Image
from siamlink.detectors.base.errors import OutputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.detectors.detections import Detections
from siamlink.detectors.mot.sequence import Sequence, open_sequence
from siamlink.tools.console.files import make_folder, output_errors, publish, staging
from siamlink.tools.synthetic.street_background import background
from siamlink.tools.synthetic.street_drawing import (
    Array,
    Camera,
    Clothes,
    Figure,
    Shape,
    cast_shadow,
    kiosk,
    lamp_post,
    paint,
    recolour,
    walk,
)
from siamlink.tracker.tracks import Tracks

LEAST_INSIDE = 0.25
"""A person is in the ground truth while at least this share of the box is inside the image."""
LEAST_VISIBLE = 0.35
"""A person less visible than this is never detected."""


@dataclass(frozen=True)
class Person:
    """A person who walks up and down a route without end.

    Attributes:
        route: corners x, z on the ground in metres; x to the right of the camera, z away from it.
        speed: metres per second.
        start: metres along the route at time zero; more than its length means on the way back.
        height: metres.
        clothes: colours and build.
    """

    route: tuple[tuple[float, float], ...]
    speed: float
    start: float
    height: float
    clothes: Clothes

    def figure(self, camera: Camera, seconds: Array) -> Figure:
        """The walking figure at the times `seconds` (T,)."""
        around = seconds[:, None] + np.linspace(-0.4, 0.4, 9)
        places = self._place(self.start + self.speed * around)
        ahead = places[:, -1] - places[:, 0]
        heading = ahead / np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-6)
        distance = self.start + self.speed * seconds
        return walk(camera, self.clothes, self.height, places.mean(axis=1), heading, distance)

    def _place(self, distance: Array) -> Array:
        """Ground points (..., 2) after these distances in metres; the person turns back at both ends of the route."""
        corners = np.array(self.route)
        along = np.append(0.0, np.cumsum(np.linalg.norm(np.diff(corners, axis=0), axis=1)))
        folded = along[-1] - np.abs(distance % (2 * along[-1]) - along[-1])
        return np.stack([np.interp(folded, along, corners[:, axis]) for axis in (0, 1)], axis=-1)


@dataclass(frozen=True)
class Prop:
    """An object in the street that hides people behind it; `x`, `z` on the ground in metres."""

    kind: Literal["lamp post", "kiosk"]
    x: float
    z: float

    def shapes(self, camera: Camera) -> list[Shape]:
        """Its polygons."""
        return (kiosk if self.kind == "kiosk" else lamp_post)(camera, self.x, self.z)


@dataclass(frozen=True)
class Scene:
    """A street seen by a static camera; the same fields give the same bytes.

    Iterating gives `(frame_number, seconds, image)` as frame sources do.

    Attributes:
        width, height: pixels.
        frame_rate: frames per second.
        frame_count: number of frames; they are numbered from 1.
        seed: of the background and the camera noise.
        people: the index in this tuple, from 1, is the identity in the ground truth.
        props: objects that hide people.
    """

    width: int
    height: int
    frame_rate: float
    frame_count: int
    seed: int
    people: tuple[Person, ...]
    props: tuple[Prop, ...] = ()

    def truth(self) -> Tracks:
        """All people inside the image, hidden or not, as MOTChallenge annotates; boxes are clipped to the image."""
        return self._annotation[0]

    def visibility(self) -> NDArray[np.float32]:
        """(N,) the share of pixels of each row of `truth()` that is inside the image and not hidden."""
        return self._annotation[1]

    def detections(
        self, miss_rate: float = 0.1, false_rate: float = 0.5, jitter: float = 0.03, seed: int = 0
    ) -> Detections:
        """The detections of a simulated, imperfect detector.

        Args:
            miss_rate: probability that a visible person is missed; mostly hidden people always are.
            false_rate: mean number of false boxes in a frame.
            jitter: standard deviation of a box's centre and size, relative to its height.
            seed: of all random numbers.

        Returns:
            Detections; the scores of people are higher than those of false boxes on average, but overlap.
        """
        rng = np.random.default_rng([self.seed, seed, 2])
        truth = self.truth()
        detected = truth[(self.visibility() >= LEAST_VISIBLE) & (rng.random(len(truth)) >= miss_rate)]
        height = detected.height[:, None]
        centre = detected.centre + rng.normal(0, jitter, (len(detected), 2)) * height
        size = (detected.box[:, 2:] - detected.box[:, :2]) * np.exp(rng.normal(0, jitter, (len(detected), 2)))
        frame = np.repeat(np.arange(1, self.frame_count + 1), rng.poisson(false_rate, self.frame_count))
        box = np.vstack([np.hstack([centre - size / 2, centre + size / 2]), self._false_boxes(len(frame), rng)])
        score = np.append(rng.normal(0.72, 0.14, len(detected)), rng.normal(0.45, 0.14, len(frame)))
        return Detections(
            frame=np.append(detected.frame, frame),
            box=box.astype(np.float32),
            score=np.clip(score, 0.01, 0.99).astype(np.float32),
            label=np.zeros(len(box), np.int16),
        )

    def render(self, frame_number: int) -> Image:
        """One frame (H, W, 3) BGR; frames are counted from 1."""
        if not 1 <= frame_number <= self.frame_count:
            raise IndexError(f"the scene has frames 1 to {self.frame_count}, not {frame_number}")
        image, index = self._background.copy(), frame_number - 1
        for figure, box in zip(self._figures, self._boxes[:, index], strict=False):
            cast_shadow(image, figure.foot[index], 0.17 * (box[3] - box[1]))
        for thing in np.argsort(-self._depth[:, index], kind="stable").tolist():
            paint(image, self._shapes(thing, index))
        return self._add_noise(image, frame_number)

    def __iter__(self) -> Iterator[tuple[int, float, Image]]:
        for frame_number in range(1, self.frame_count + 1):
            yield frame_number, (frame_number - 1) / self.frame_rate, self.render(frame_number)

    def write_sequence(self, folder: Path, progress: Progress | None = None) -> Sequence:
        """Write a MOTChallenge sequence: `seqinfo.ini`, `gt/gt.txt` in nine columns, and the video `NAME.mp4`.

        Raises:
            OutputError: `folder` exists already, or cannot be written.
        """
        from siamlink.tracker.drawing.video_writer import VideoWriter

        folder = Path(folder).absolute()
        if folder.exists():
            raise OutputError(f"{folder} exists already; remove it or choose another folder")
        make_folder(folder.parent)
        with staging(folder.parent) as staged, output_errors(folder):
            draft = staged / folder.name
            (draft / "gt").mkdir(parents=True)
            (draft / "gt" / "gt.txt").write_text(self._truth_text(), encoding="ascii")
            (draft / "seqinfo.ini").write_text(self._info_text(folder.name), encoding="utf-8")
            with VideoWriter(draft / f"{folder.name}.mp4", self.frame_rate, (self.width, self.height)) as video:
                for frame_number, _, image in self:
                    video.write(image)
                    if progress:
                        progress("render", frame_number, self.frame_count)
            publish(staged, folder.parent)
        return open_sequence(folder)

    def _truth_text(self) -> str:
        truth = self.truth()
        corner, size = truth.box[:, :2].T, (truth.width, truth.height)
        columns = (truth.frame, truth.track_id, *corner, *size, self.visibility())
        rows = zip(*(column.tolist() for column in columns), strict=True)
        return "".join(f"{f},{i},{x:.2f},{y:.2f},{w:.2f},{h:.2f},1,1,{v:.3f}\n" for f, i, x, y, w, h, v in rows)

    def _info_text(self, name: str) -> str:
        return (
            f"[Sequence]\nname={name}\nimDir=img1\nframeRate={self.frame_rate:g}\nseqLength={self.frame_count}\n"
            f"imWidth={self.width}\nimHeight={self.height}\nimExt=.jpg\n"
        )

    def _false_boxes(self, count: int, rng: np.random.Generator) -> Array:
        """Boxes (N, 4) with the shape of a person, anywhere on the ground."""
        foot = np.stack([rng.uniform(0, self.width, count), rng.uniform(0.5, 1.0, count) * self.height], axis=1)
        height = 1.7 * (foot[:, 1] - self._camera.horizon) / self._camera.elevation * rng.uniform(0.8, 1.2, count)
        half = 0.2 * height
        return np.stack([foot[:, 0] - half, foot[:, 1] - height, foot[:, 0] + half, foot[:, 1]], axis=1)

    @cached_property
    def _camera(self) -> Camera:
        return Camera(self.width, self.height)

    @cached_property
    def _figures(self) -> tuple[Figure, ...]:
        seconds = np.arange(self.frame_count) / self.frame_rate
        return tuple(person.figure(self._camera, seconds) for person in self.people)

    @cached_property
    def _prop_shapes(self) -> tuple[list[Shape], ...]:
        return tuple(prop.shapes(self._camera) for prop in self.props)

    @cached_property
    def _depth(self) -> Array:
        """(people + props, T) metres from the camera."""
        still = [np.full(self.frame_count, prop.z) for prop in self.props]
        return np.array([*(figure.depth for figure in self._figures), *still]).reshape(-1, self.frame_count)

    @cached_property
    def _boxes(self) -> Array:
        """(people + props, T, 4) full extents in pixels, in or out of the image."""
        corners = [np.concatenate([polygon for polygon, _ in shapes]) for shapes in self._prop_shapes]
        still = [np.tile(np.append(c.min(axis=0), c.max(axis=0)), (self.frame_count, 1)) for c in corners]
        return np.array([*(figure.box for figure in self._figures), *still]).reshape(-1, self.frame_count, 4)

    @cached_property
    def _background(self) -> Image:
        image = background(self._camera, self.seed)
        for prop in self.props:
            cast_shadow(image, self._camera.project(prop.x, 0.0, prop.z), 1.1 * self._camera.focal / prop.z)
        return image

    @cached_property
    def _noise(self) -> NDArray[np.int16]:
        """Camera noise, larger than the image: each frame uses another part of it."""
        rng = np.random.default_rng([self.seed, 3])
        size = (self.height + 64, self.width + 64)
        return np.rint(rng.normal(0, 1.6, (*size, 1)) + rng.normal(0, 0.7, (*size, 3))).astype(np.int16)

    def _add_noise(self, image: Image, frame_number: int) -> Image:
        top, left = np.random.default_rng([self.seed, 4, frame_number]).integers(0, 64, 2)
        noise = self._noise[top : top + self.height, left : left + self.width]
        cv2.add(image, noise, image, dtype=cv2.CV_8U)
        return image

    def _shapes(self, thing: int, index: int, outline: bool = False) -> list[Shape]:
        """The polygons of a person or, with indices after the people, a prop."""
        if thing >= len(self.people):
            return self._prop_shapes[thing - len(self.people)]
        figure = self._figures[thing]
        return figure.outline(index) if outline else figure.shapes(index)

    @cached_property
    def _annotation(self) -> tuple[Tracks, NDArray[np.float32]]:
        full = self._boxes[: len(self.people)].swapaxes(0, 1)
        size = np.array([self.width, self.height] * 2)
        clipped = np.clip(full, 0, size)
        inside = (clipped[..., 2:] - clipped[..., :2]).prod(-1) / (full[..., 2:] - full[..., :2]).prod(-1)
        index, person = np.nonzero(inside >= LEAST_INSIDE)
        tracks = Tracks(
            frame=(index + 1).astype(np.int32),
            box=clipped[index, person].astype(np.float32),
            score=np.ones(len(index), np.float32),
            label=np.zeros(len(index), np.int16),
            track_id=(person + 1).astype(np.int32),
            interpolated=np.zeros(len(index), bool),
        )
        visible = [self._visible(*where) for where in zip(person.tolist(), index.tolist(), strict=True)]
        return tracks, np.array(visible, np.float32)

    def _visible(self, person: int, index: int) -> float:
        """The share of a person's silhouette that is inside the image and not hidden by a nearer object."""
        boxes, depth = self._boxes[:, index], self._depth[:, index]
        low, high = np.floor(boxes[person, :2]).astype(int), np.ceil(boxes[person, 2:]).astype(int)
        nearer = (depth < depth[person]) & (boxes[:, :2] < high).all(axis=1) & (boxes[:, 2:] > low).all(axis=1)
        within = (low >= 0).all() and (high <= (self.width, self.height)).all()
        if within and not nearer.any():
            return 1.0
        mask = np.zeros((high - low)[::-1], np.uint8)
        paint(mask, recolour(self._shapes(person, index, outline=True), 255), low)
        total = float(mask.sum())
        for thing in np.flatnonzero(nearer).tolist():
            paint(mask, recolour(self._shapes(thing, index, outline=True), 0), low)
        left, top = np.maximum(-low, 0)
        return float(mask[top : self.height - low[1], left : self.width - low[0]].sum()) / total
