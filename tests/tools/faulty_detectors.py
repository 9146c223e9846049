"""Detectors whose process is killed or is slow; tests copy this file beside `mine.py`."""

import os
import time
from pathlib import Path

from mine import Walkers


class Killed(Walkers):
    """Kills its process once, in the ninth frame."""

    def detect(self, image):
        if self.seen == 9:
            try:
                Path("killed").touch(exist_ok=False)
                os.kill(os.getpid(), 9)
            except FileExistsError:
                pass
        return super().detect(image)


def slow(_image):
    """Says that its process has started, and takes time for each frame."""
    Path(f"started-{os.getpid()}").touch()
    time.sleep(0.1)
    return []
