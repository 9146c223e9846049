"""Open the report of results for corrections, and serve it until Ctrl-C."""

import webbrowser
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from siamlink.detectors.base.errors import InputError
from siamlink.detectors.base.stopwatch import Progress
from siamlink.tools.console.files import results_folder
from siamlink.tools.report.find_inputs import ReportInputs
from siamlink.tools.report.shown_video import VideoPlace
from siamlink.tools.report.write import make_scene
from siamlink.tools.results.read import Results
from siamlink.tools.running.rerun import CannotRerun, Rerun, opened_rerun, same_tracks
from siamlink.tools.serving.access import new_token
from siamlink.tools.serving.corrected_files import CorrectedFiles
from siamlink.tools.serving.report_site import ReportSite
from siamlink.tools.serving.server import LoopbackServer
from siamlink.tools.serving.session import Session
from siamlink.tracker.linking.explained import why_unexplained
from siamlink.tracker.linking.make_tracker import check_constraints_possible
from siamlink.tracker.runs.corrections import Corrections
from siamlink.tracker.runs.earlier_tracks import EarlierTracks

GRACE_SECONDS = 10.0
"""How long the end waits for a solve or a save."""
FOUND_ONCE = (
    "boxes that gaps.search found stay where the ends of their tracks stay; siamlink track --constraints searches from "
    "new ends as well"
)


@dataclass(frozen=True)
class _ServedVideo(VideoPlace):
    """The video at the URL of the server.

    Attributes:
        token: in the URL.
        files: gets the file that the page plays.
    """

    token: str = ""
    files: list[Path] = field(default_factory=list)

    def source(self, file: Path) -> tuple[str, tuple[str, ...]]:
        """The URL of the video file for the page, and no notes."""
        self.files.append(file)
        return f"video?token={self.token}", ()


@contextmanager
def opened_site(
    inputs: ReportInputs, folder: Path, cache: Path | None, overwrite: bool, progress: Progress
) -> Iterator[ReportSite]:
    """The report of results, ready to be corrected, until the end of the block.

    Args:
        inputs: the results, with their video and ground truth.
        folder: where corrections and corrected tracks are saved.
        cache: the folder in which the run has kept detections and descriptors.
        overwrite: whether files of others there may be replaced.
        progress: called with the steps.

    Raises:
        InputError: the results cannot be solved again, or the video cannot be read.
        ConfigError: the settings of their run allow no corrections.
        OutputError: the folder cannot be used.
    """
    results, token = inputs.results, new_token()
    files = CorrectedFiles(results.path, folder, overwrite)
    with results_folder(folder), ExitStack() as stack:
        try:
            rerun = stack.enter_context(opened_rerun(results, inputs.source, cache))
        except CannotRerun as error:
            raise InputError(f"{results.path} cannot be solved again: {error}") from None
        check_constraints_possible(rerun.parameters)
        known = rerun.source.known
        heading = files.heading(known.path if isinstance(known, Corrections) else None)
        session = _session(rerun, results.path, files, heading)
        session.describe(progress)
        staged = Path(stack.enter_context(TemporaryDirectory(prefix="siamlink-")))
        video = _ServedVideo(results.path.with_suffix(".html"), staged, token=token)
        scene = make_scene(inputs.noted(FOUND_ONCE if rerun.parameters.searches else ""), video, progress)
        _check_same(session, results)
        shown = video.files[0] if video.files else None
        lines = files.lines_after(heading) or ()
        yield ReportSite(scene, session, files, results.record, shown, token, lines)


def serve(site: ReportSite, port: int, opens: bool, say: Callable[[str], None]) -> None:
    """Serve a site until Ctrl-C, whose `KeyboardInterrupt` ends this.

    Args:
        site: the report.
        port: where to listen on 127.0.0.1; 0: any port that is free.
        opens: whether the browser is opened.
        say: gets the URL.

    Raises:
        OutputError: the port cannot be used.
    """
    with LoopbackServer(site, port) as server:
        say(server.url)
        if opens:
            webbrowser.open(server.url)
        try:
            server.serve_forever()
        finally:
            site.close(GRACE_SECONDS)


def _session(rerun: Rerun, path: Path, files: CorrectedFiles, heading: list[str]) -> Session:
    tracks = EarlierTracks.read(path)
    explains = not why_unexplained(rerun.parameters)
    found = rerun.found if rerun.parameters.searches else None
    return Session(rerun.source, rerun.parameters, rerun.matcher, tracks, files.constraints, heading, explains, found)


def _check_same(session: Session, results: Results) -> None:
    """Check that solving without new corrections gives the results.

    Raises:
        InputError: it does not.
    """
    if not same_tracks(results, session.solve(()).result):
        raise InputError(
            f"{results.path} cannot be solved again: linking again gives other tracks, as files, models or siamlink "
            "have changed since; run siamlink track again"
        )
