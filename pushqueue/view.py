"""A queue's directory, opened only to look: nothing is locked, created, changed.

Takes a path; gives names and files as `pushqueue.directory.Directory` does, for `pushqueue.survey`.
Invariant: an agent that uses the directory, or starts to, never notices.
"""

import os
from pathlib import Path

from pushqueue.directory import LOCK_NAME, RealFile
from pushqueue.positions import FILE_NAME as POSITIONS_NAME
from pushqueue.segment import segment_number

# Beside vmagent's `persistent-queue`, in the same data path (DESIGN section 8, 5).
QUEUES_FOLDER = "queues"


class View:
    """Its files are open for reading only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.path = str(path)

    def names(self) -> list[str]:
        return sorted(os.listdir(self._path))

    def open(self, name: str) -> RealFile:
        return RealFile(os.open(self._path / name, os.O_RDONLY | os.O_CLOEXEC))

    def owner(self) -> int | None:
        """The process that has it locked; None if there is none, or no /proc to ask."""
        try:
            inode = (self._path / LOCK_NAME).stat().st_ino
            locks = Path("/proc/locks").read_text()
        except OSError:
            return None
        for line in locks.splitlines():
            words = line.split()
            # "1: FLOCK  ADVISORY  WRITE 4711 fe:00:131 0 EOF"; trying the lock would be noticed.
            if words[1] == "FLOCK" and words[5].rpartition(":")[2] == str(inode):
                return int(words[4])
        return None


def is_queue(path: Path) -> bool:
    try:
        names = os.listdir(path)
    except OSError:
        return False
    return POSITIONS_NAME in names or any(segment_number(name) is not None for name in names)


def find_queues(path: Path) -> list[Path]:
    """The queue at `path`, or those of the data path (or of its `queues`). Raises OSError."""
    inside = sorted(os.listdir(path))  # a path that cannot be read is told as such
    if is_queue(path):
        return [path]
    if QUEUES_FOLDER in inside:
        return find_queues(path / QUEUES_FOLDER)
    return [path / name for name in inside if is_queue(path / name)]
