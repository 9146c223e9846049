"""The sdist and the wheel in a folder: what they hold, their sizes, and the wheel at work in a new environment.

Usage: python tests/release/check.py DIST [PYTHON]

DIST holds one sdist and one wheel. The wheel is installed with the versions of constraints.txt, by PYTHON, or by the
Python that runs this file.
"""

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from contents import differences

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LARGEST_WHEEL_MB = 10
"""A wheel that is larger holds something by mistake; the weights take 4 MB."""


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)  # noqa: T201


def install_and_try(wheel: Path, python: str) -> None:
    """Install a wheel into a new environment, and run smoke.py there, in an empty folder, which is the home too."""
    with TemporaryDirectory(prefix="siamlink-release-") as temporary:
        folder = Path(temporary)
        program = folder / "venv" / "bin" / "python"
        subprocess.run([python, "-m", "venv", folder / "venv"], check=True)
        # without bytecode, as most of it is of modules that are never imported here
        install = [program, "-m", "pip", "install", "-qq", "--no-compile", "-c", ROOT / "constraints.txt", wheel]
        subprocess.run(install, check=True)
        home = folder / "home"
        home.mkdir()
        smoke = folder / "smoke.py"
        smoke.write_bytes((HERE / "smoke.py").read_bytes())
        environment = {"HOME": str(home), "PATH": f"{program.parent}:{os.defpath}", "COLUMNS": "80"}
        subprocess.run([program, "-I", smoke], check=True, cwd=home, env=environment)


def main() -> None:
    """Check all; the first fault ends it."""
    dist, python = Path(sys.argv[1]).resolve(), sys.argv[2] if len(sys.argv) > 2 else sys.executable
    (sdist,), (wheel,) = dist.glob("*.tar.gz"), dist.glob("*.whl")
    if faults := differences(ROOT, sdist, wheel):
        sys.exit("\n".join(faults))
    for archive in (sdist, wheel):
        say(f"{archive.name}: {archive.stat().st_size / 1e6:.1f} MB, holds the files of the packages and no others")
    if wheel.stat().st_size > LARGEST_WHEEL_MB * 1e6:
        sys.exit(f"{wheel.name} is larger than {LARGEST_WHEEL_MB} MB")
    try:
        install_and_try(wheel, python)
    except subprocess.CalledProcessError as error:
        sys.exit(f"release-check: failed with exit code {error.returncode}: {' '.join(map(str, error.cmd))}")
    say("release-check: passed")


if __name__ == "__main__":
    main()
