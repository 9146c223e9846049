"""The tracker that settings ask for, and what they must be for it."""

from siamlink.association.solvers.constraints import Constraints
from siamlink.detectors.base.errors import ConfigError
from siamlink.tracker.linking.appearance import FrameDescriber
from siamlink.tracker.linking.appearance_source import AppearanceSource, DescribedInPassing
from siamlink.tracker.linking.calibrated_tracker import CalibratedOnlineTracker, CalibratedTracker
from siamlink.tracker.linking.choosing_tracker import FirstFrameTracker, WholeVideoTracker
from siamlink.tracker.linking.described_on_demand import DescribedOnDemand
from siamlink.tracker.linking.linear_program import LinearProgramTracker
from siamlink.tracker.linking.online.tracker import OnlineProgramTracker
from siamlink.tracker.linking.protocol import Tracker, TrackerSetup
from siamlink.tracker.parameters import TrackerParameters
from siamlink.tracker.postprocessing.camera_motion import camera_for


def make_tracker(
    setup: TrackerSetup, appearance: AppearanceSource | None = None, constraints: Constraints = ()
) -> Tracker:
    """The tracker of the settings: with calibrated or learned costs; online with the Hungarian method by Kalman filter.

    Raises:
        ConfigError: there are constraints, and the tracker cannot obey them.
        ConstraintError: constraints contradict each other.
    """
    if constraints:
        check_constraints_possible(setup.parameters)
    matching = setup.parameters.fixed_matching
    if matching is None:
        if setup.parameters.mode == "offline":
            return WholeVideoTracker(setup, appearance, constraints)
        return FirstFrameTracker(setup, appearance, constraints, make_tracker)
    if matching == "calibrated":
        check_calibration_possible(setup.parameters)
        return (
            CalibratedOnlineTracker(setup)
            if setup.parameters.mode == "online"
            else CalibratedTracker(setup, appearance, constraints)
        )
    if setup.parameters.online_hungarian:
        from siamlink.tracker.linking.kalman_tracker import KalmanTracker

        return KalmanTracker(setup, appearance)
    if setup.parameters.mode == "online" and setup.matcher.tracklets is not None:
        return OnlineProgramTracker(setup, appearance)
    return LinearProgramTracker(setup, appearance, constraints)


def check_constraints_possible(parameters: TrackerParameters) -> None:
    """Check that a tracker with these settings can obey constraints.

    Raises:
        ConfigError: it cannot.
    """
    if parameters.solver != "lp" or parameters.mode == "online":
        chosen = f"solver {parameters.solver}" if parameters.solver != "lp" else f"mode {parameters.mode}"
        raise ConfigError(f"constraints need mode offline or windowed and solver lp, not {chosen}")


def check_calibration_possible(parameters: TrackerParameters) -> None:
    """Check that tracks can be linked with calibrated costs under these settings, if they ask for that.

    Raises:
        ConfigError: they cannot.
    """
    if parameters.matching == "calibrated" and parameters.solver != "lp":
        raise ConfigError(f"matching calibrated needs solver lp, not {parameters.solver}")


def described_in_passing(setup: TrackerSetup, describer: FrameDescriber | None = None) -> AppearanceSource:
    """The appearance source of a tracker that is given images, with the camera's motion where boxes are smoothed.

    Args:
        setup: of the tracker.
        describer: shared with other trackers; None: one by the tracker's own appearance.

    Returns:
        One that describes all detections, for `describer` to share or record them, where they are compared at once, or
        where the appearance cannot keep crops; else, online, one that describes those alone that are asked for.
    """
    parameters, rate, stopwatch = setup.parameters, setup.frame_rate, setup.stopwatch
    describer = describer or FrameDescriber(setup.matcher.appearance, parameters.flow, rate, stopwatch)
    if parameters.online_hungarian or parameters.fixed_matching == "calibrated":
        return DescribedInPassing(describer)
    camera = camera_for(setup.matcher, parameters.gaps, rate, stopwatch, describer.cache.background)
    if parameters.mode == "online" and setup.matcher.tracklets is not None and describer.keeps_crops:
        return DescribedOnDemand(describer, camera)
    return DescribedInPassing(describer, camera)
