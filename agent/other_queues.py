"""Queues of another agent in the data path: named with their size, and left alone.

Takes the data path; gives a sentence for each kind found. Blocks on the disk.
"""

import os
from pathlib import Path

from agent.import_marks import read_marks

# Where vmagent keeps its queues below -remoteWrite.tmpDataPath, and Prometheus below its path.
FOLDERS = {"persistent-queue": "vmagent", "wal": "Prometheus"}


def other_queues(data_path: Path) -> list[str]:
    """Never raises: what cannot be read is not there."""
    told = []
    for name, program in FOLDERS.items():
        for place in _queues(data_path.absolute() / name):
            size = _size(place)
            marks = [m for m in read_marks(data_path.absolute(), place) if m.is_whole]
            if marks:
                told.append(
                    f"{place}: a queue of {program}, imported at {marks[0].when}; remove it when "
                    "its samples are seen at the remote"
                )
            elif size:
                told.append(
                    f"{place}: a queue of {program} with {size} bytes; it is left alone, and what "
                    f"is in it is not sent (promferry queue import -from={program.lower()})"
                )
    return told


def _queues(folder: Path) -> list[Path]:
    """vmagent has a folder for each URL below its own."""
    try:
        below = sorted(each for each in folder.iterdir() if (each / "metainfo.json").exists())
    except OSError:
        return []
    return below or [folder]


def _size(path: Path) -> int:
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                continue
    return total
