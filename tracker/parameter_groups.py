"""Groups of settings of the tracker: boxes in gaps, and the online tracker."""

from typing import Annotated

from pydantic import Field

from siamlink.detectors.base.parameters import Parameters, Tunable, renamed


class GapParameters(Parameters):
    """Smoothing, interpolation and extrapolation of the boxes of tracks."""

    interpolate: Annotated[bool, Tunable()] = Field(
        True,
        description="interpolate boxes in the frames between two detections of a track",
        json_schema_extra=renamed(former_name="fill"),
    )
    extrapolate_seconds: Annotated[float, Tunable(0, 1)] = Field(
        0.3,
        ge=0,
        le=60,
        description="extrapolate a track at constant velocity up to the newest frame (offline: the last frame of the "
        "video), if its last detection is at most this many seconds earlier; needs gaps.interpolate",
        json_schema_extra=renamed(former_name="carry_on_seconds"),
    )
    smooth: Annotated[bool, Tunable()] = Field(
        True,
        description="smooth the boxes of tracks (Whittaker smoother, strength chosen per video by cross-validation)",
    )
    camera: bool = Field(
        True,
        description="estimate the motion of the camera from the frames, and smooth and interpolate boxes relative to "
        "the background; needs gaps.smooth and an appearance model",
    )

    search: bool = Field(
        False,
        description="mode offline: search the frames before the first and after the last detection of each track for "
        "its object, by a fully convolutional Siamese network; needs gaps.interpolate and images",
    )

    @property
    def follows_camera(self) -> bool:
        """Whether the motion of the camera is estimated, if there is an appearance."""
        return self.smooth and self.camera


class OnlineParameters(Parameters):
    """The online tracker. New tracks cost less than in the other modes, because online output cannot be revised."""

    tracklet_entry: Annotated[float, Tunable(0.1, 5, log=True)] = Field(
        1.0,
        ge=0,
        le=100,
        description="solver lp with two levels: cost in nats of a new track, in place of tracklets.costs.entry",
    )
    min_seconds: Annotated[float, Tunable(0, 0.5)] = Field(
        0.1,
        ge=0,
        le=60,
        description="solver lp with two levels: drop tracks with detections for fewer seconds than this, in place of "
        "tracklets.min_seconds",
    )
    entry: Annotated[float, Tunable(0, 5)] = Field(
        0.0,
        ge=0,
        le=100,
        description="solver hungarian: report a new track when the log-odds that it is an object, in nats, exceed this",
    )
    min_link_probability: Annotated[float, Tunable(0.005, 0.3, log=True)] = Field(
        0.02,
        gt=0,
        lt=1,
        description="solver hungarian: links with a lower matching probability are not considered",
        json_schema_extra=renamed(former_name="smallest_link_probability"),
    )
    min_iou: Annotated[float, Tunable(0.1, 0.7)] = Field(
        0.3,
        gt=0,
        lt=1,
        description="solver hungarian: smallest IoU of a detection with the predicted box of the lost track it "
        "continues",
        json_schema_extra=renamed(former_name="smallest_overlap"),
    )
    max_lost_seconds: Annotated[float, Tunable(0.2, 3, log=True)] = Field(
        1.0, gt=0, le=60, description="solver hungarian: close a track after this many seconds without a detection"
    )
    gate_deviations: Annotated[float, Tunable(2, 10, log=True)] = Field(
        4.0, gt=0, le=100, description="solver hungarian: radius of the motion gate in standard deviations"
    )
