"""Whether the run before this one was stopped, or ended otherwise.

Takes the data path; leaves a file there while the agent runs, and removes it at a stop.
Never: raises; without a disk nothing is known, and "clean" is what is said then.
"""

import contextlib
from pathlib import Path

NAME = "running"


class RunningMark:
    """The file; its methods block."""

    def __init__(self, data_path: Path) -> None:
        self._path = data_path / NAME

    def set(self) -> bool:
        """Whether it was there already: nobody had removed it."""
        try:
            was_there = self._path.exists()
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.touch()
        except OSError:
            return False
        return was_there

    def clear(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink()
