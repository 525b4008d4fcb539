"""Queues of another agent in the data path: named with their size, and left alone.

Takes the data path; gives a sentence for each kind found. Blocks on the disk.
"""

import os
from pathlib import Path

# Where vmagent keeps its queues below -remoteWrite.tmpDataPath, and Prometheus below its path.
FOLDERS = {"persistent-queue": "vmagent", "wal": "Prometheus"}


def other_queues(data_path: Path) -> list[str]:
    """Never raises: what cannot be read is not there."""
    sizes = {name: _size(data_path / name) for name in FOLDERS}
    return [
        f"{data_path / name}: a queue of {FOLDERS[name]} with {size} bytes; it is left alone, "
        f"and what is in it is not sent (promferry queue import -from={FOLDERS[name].lower()})"
        for name, size in sizes.items()
        if size
    ]


def _size(path: Path) -> int:
    total = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                continue
    return total
