"""Whether another agent still has its directory open.

Takes a directory and names of lock files; gives who holds it, for a person.
Source: vmagent's `flock.lock` (not in 1.79) and Prometheus' `lock`, both flock(2); proc(5) for
versions that lock nothing.
Invariant: a process that may not be looked at counts as none.
"""

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

_PROCESSES = Path("/proc")


def holder(path: Path, locks: Iterable[Path]) -> str:
    """Who has a lock, or a file below `path` open; empty if nobody is seen."""
    for lock in locks:
        if _is_locked(lock):
            return f"{lock.name} is locked"
    return _process_with(os.path.realpath(path))


def _is_locked(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _process_with(path: str) -> str:
    """The first process that writes there; reading, as this program does, is no use."""
    own = str(os.getpid())
    try:
        numbers = [name for name in os.listdir(_PROCESSES) if name.isdigit() and name != own]
    except OSError:
        return ""  # no Linux
    return next((found for number in numbers if (found := _user(number, path))), "")


def _user(number: str, path: str) -> str:
    folder = _PROCESSES / number / "fd"
    try:
        for name in os.listdir(folder):
            target = os.readlink(folder / name)
            if target.startswith(path + os.sep) and _writes(number, name):
                return f"process {number} ({(_PROCESSES / number / 'comm').read_text().strip()})"
    except OSError:
        return ""  # it ended, or is somebody else's
    return ""


def _writes(number: str, descriptor: str) -> bool:
    text = (_PROCESSES / number / "fdinfo" / descriptor).read_text()
    flags = next((line.split()[1] for line in text.splitlines() if line.startswith("flags:")), "0")
    return int(flags, 8) & os.O_ACCMODE != os.O_RDONLY
