"""How much memory the agent may plan with, and the share of its queues.

Takes the flags' values and what the host says (/proc, cgroups v1 and v2); gives bytes.
Invariant: the tightest of the host's memory and every cgroup around the process counts.
"""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")

# The other three quarters are for pages being scraped, what is remembered of series, and Python.
QUEUES_SHARE = 0.25
# A remote needs no more to bridge a slow disk; less than a Block of the largest size is no queue.
MIN_REMOTE_BYTES, MAX_REMOTE_BYTES = 2**20, 32 * 2**20


def allowed_bytes(*, percent: float, explicit_bytes: int, root: Path = ROOT) -> int:
    """`-memory.allowedBytes` if it is given, else so many percent of what there is."""
    return explicit_bytes or int(memory_bytes(root) * percent / 100)


def remote_share_bytes(allowed: int, remotes: int, *, has_disk: bool) -> int:
    """What one of so many remotes may hold in memory before its oldest Blocks go.

    Without a disk memory is all there is, so its share is not cut to what bridges a slow disk.
    """
    share = int(allowed * QUEUES_SHARE) // max(1, remotes)
    return max(MIN_REMOTE_BYTES, min(share, MAX_REMOTE_BYTES) if has_disk else share)


def memory_bytes(root: Path = ROOT) -> int:
    """Of the host or of the tightest cgroup."""
    return min([_host_bytes(root), *_cgroup_limits(root)])


def _host_bytes(root: Path) -> int:
    text = _read(root / "proc/meminfo")
    for line in text.splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _cgroup_limits(root: Path) -> Iterator[int]:
    """A limit anywhere above the process holds for it; "max" and v1's huge number are none."""
    base = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        controllers, path = line.split(":", 2)[1:]
        if controllers and "memory" not in controllers.split(","):
            continue
        folder, name = base, "memory.max"
        if controllers:
            folder, name = base / "memory", "memory.limit_in_bytes"
        place = folder / path.lstrip("/")
        for level in (place, *place.parents):
            text = _read(level / name).strip()
            if text.isdigit() and int(text) > 0:
                yield int(text)
            if level == folder:
                break


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""
