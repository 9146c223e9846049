"""What the sdist and the wheel hold: every file of the packages, and nothing else."""

import subprocess
import tarfile
import zipfile
from pathlib import Path

FOLDERS = ("association", "configs", "detectors", "tools", "tracker")
SOURCE_OF_THE_PAGE = "tools/report/page/"
BESIDE_THE_PACKAGES = {
    *("CHANGELOG.md", "LICENSE", "README.md"),
    *("MANIFEST.in", "constraints.txt", "pyproject.toml", "setup.cfg"),
}


def packaged_files(root: Path) -> set[str]:
    """The files of the packages in the repository; the page of the report is packaged as built, without its source."""
    command = ["git", "-C", str(root), "ls-files", *FOLDERS]
    listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {name for name in listed if not name.startswith(SOURCE_OF_THE_PAGE)}


def files_of_wheel(wheel: Path) -> set[str]:
    """The files that a wheel installs as modules and data, by their names in the repository."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    return {name.removeprefix("siamlink/") for name in names}


def files_of_sdist(sdist: Path) -> set[str]:
    """The files of an sdist, by their names in the repository; those that setuptools generates are left out."""
    with tarfile.open(sdist) as archive:
        names = [member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()]
    return {name for name in names if name != "PKG-INFO" and not name.startswith("siamlink.egg-info/")}


def differences(root: Path, sdist: Path, wheel: Path) -> list[str]:
    """One line for each file that is missing, or is there by mistake; none if both archives are right."""
    packaged = packaged_files(root)
    lines = []
    for archive, found, expected in (
        (wheel, files_of_wheel(wheel), packaged),
        (sdist, files_of_sdist(sdist), packaged | BESIDE_THE_PACKAGES),
    ):
        lines += [f"{archive.name} lacks {name}" for name in sorted(expected - found)]
        lines += [f"{archive.name} holds {name}, which is no part of it" for name in sorted(found - expected)]
    return lines
