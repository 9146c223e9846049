"""The runner that the options of a command ask for."""

from siamlink.detectors.base.errors import ConfigError
from siamlink.tools.console.options import RunnerName
from siamlink.tools.runners.local import LocalRunner
from siamlink.tools.runners.runner import Runner


def runner_of(name: str, address: str | None = None, jobs: int | None = None, device: str | None = None) -> Runner:
    """The runner of a name.

    Args:
        name: local or ray.
        address: of a running Ray cluster.
        jobs: how many tasks are done at once; None: one, or with Ray as many as there are cores.
        device: of a detector; each task has a graphics card of its own if it is `cuda`.

    Raises:
        ConfigError: the options contradict each other.
    """
    if name == RunnerName.local:
        if address is not None:
            raise ConfigError("--address is that of a Ray cluster: give --runner ray too")
        return LocalRunner(jobs or 1)
    from siamlink.tools.runners.ray_runner import RayRunner

    return RayRunner(address, jobs, gpus=device == "cuda")
