"""What a process and its children take: processor time and memory, from /proc.

Takes a process id; gives figures of the whole group that it started.
"""

import os
import time
from pathlib import Path

import attrs

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_MIB = 1024.0  # /proc counts in KiB
_CPUCLOCK_SCHED = 2  # include/linux/posix-timers.h: a process' clock is ~pid << 3 and this


@attrs.frozen
class Usage:
    """Processor seconds since the start; resident memory now and at its peak, in MiB."""

    cpu_s: float
    resident_mib: float
    peak_mib: float


def usage(pid: int) -> Usage:
    """Of `pid`, its descendants and those of them that ended."""
    group = _with_descendants(pid)
    return Usage(
        cpu_s=sum(_cpu_s(each) for each in group),
        resident_mib=sum(_status_mib(each, "VmRSS") for each in group),
        peak_mib=sum(_status_mib(each, "VmHWM") for each in group),
    )


def _stat(pid: int) -> list[str]:
    """The fields behind the program's name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _cpu_s(pid: int) -> float:
    """Its threads', to the nanosecond: /proc counts in hundredths, an idle agent takes one in 5 s.

    Those of ended children stand in /proc only.
    """
    waited_user, waited_system = map(int, _stat(pid)[13:15])
    own_s = time.clock_gettime(~pid << 3 | _CPUCLOCK_SCHED)
    return own_s + (waited_user + waited_system) / _TICKS_PER_S


def _status_mib(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / _MIB
    return 0.0


def _with_descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int(_stat(int(entry.name))[1])
            except OSError:
                continue  # it ended while we looked
            children.setdefault(parent, []).append(int(entry.name))
    group = [pid]
    for each in group:  # grows while it is walked
        group.extend(children.get(each, ()))
    return group
