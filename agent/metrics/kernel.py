"""Rows on the process as the kernel and the interpreter see it: /proc, cgroup, garbage collection.

Names are vmagent's and, where it has none, those of prometheus_client.
Invariant: what a machine does not tell (no /proc, no pressure) is absent, never 0.
"""

import gc
import os
import platform
import resource
from collections.abc import Callable, Iterable, Iterator

from agent.metrics.family import Family, Sample, Snapshot
from agent.metrics.look import Look

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_CGROUP = "/sys/fs/cgroup"
_PRESSURES = ("cpu", "io", "memory")

Read = Callable[[Look], float | None]


def _status_bytes(name: str) -> Read:
    def read(look: Look) -> float | None:
        kibibytes = look.field("/proc/self/status", name)
        return None if kibibytes is None else kibibytes * 1024

    return read


def _start_time(look: Look) -> float | None:
    _, found, rest = look.text("/proc/stat").partition("\nbtime ")
    stat = look.stat()
    return float(rest.split(None, 1)[0]) + int(stat[19]) / _TICKS_PER_S if found and stat else None


def _stat_field(number: int, unit: float = 1.0) -> Read:
    def read(look: Look) -> float | None:
        stat = look.stat()
        return float(stat[number]) * unit if stat else None

    return read


def _open_fds(look: Look) -> float | None:
    try:
        return float(len(os.listdir("/proc/self/fd")) - 1)  # one is that of the listing
    except OSError:
        return None


def _cores(look: Look) -> float:
    """As many as a cgroup leaves, as vmagent counts them."""
    all_cores = float(len(os.sched_getaffinity(0)))
    quota, _, period = look.text(f"{_CGROUP}/cpu.max").strip().partition(" ")
    if quota.isdecimal() and period.isdecimal():
        return min(all_cores, int(quota) / int(period))
    return all_cores


def _memory(look: Look) -> float:
    total = float(os.sysconf("SC_PHYS_PAGES") * _PAGE_BYTES)
    limit = look.text(f"{_CGROUP}/memory.max").strip()
    return min(total, float(limit)) if limit.isdecimal() else total


def _pressure(resource_name: str, kind: str) -> Read:
    """Seconds in which some (`waiting`) or all (`stalled`) tasks waited for a resource."""
    word = "some" if kind == "waiting" else "full"

    def read(look: Look) -> float | None:
        for line in look.text(f"{_CGROUP}/{resource_name}.pressure").splitlines():
            if line.startswith(word):
                return int(line.rpartition("total=")[2]) / 1e6
        return None

    return read


def _io(name: str) -> Read:
    return lambda look: look.field("/proc/self/io", name)


def _processor_s(look: Look) -> float:
    return sum(os.times()[:2])


def _one(read: Read) -> Callable[[Snapshot], Iterable[Sample]]:
    def samples(snapshot: Snapshot) -> Iterator[Sample]:
        value = read(snapshot.look)
        if value is not None:
            yield (), value

    return samples


def _collections(key: str) -> Callable[[Snapshot], Iterable[Sample]]:
    return lambda snapshot: [
        ((str(generation),), counts[key]) for generation, counts in enumerate(gc.get_stats())
    ]


def _python(snapshot: Snapshot) -> Iterable[Sample]:
    yield (platform.python_implementation(), platform.python_version()), 1.0


_ROWS: tuple[tuple[str, str, Read], ...] = (
    (
        "process_cpu_seconds_total",
        "Processor seconds, user and system.",
        _processor_s,
    ),
    ("process_cpu_seconds_user_total", "Processor seconds, user.", lambda look: os.times()[0]),
    ("process_cpu_seconds_system_total", "Processor seconds, system.", lambda look: os.times()[1]),
    ("process_cpu_cores_available", "Processors that the process may use.", _cores),
    ("vm_available_cpu_cores", "The same.", _cores),
    ("vm_available_memory_bytes", "Memory that the process may use.", _memory),
    ("process_resident_memory_bytes", "Resident memory.", _stat_field(21, _PAGE_BYTES)),
    (
        "process_resident_memory_anon_bytes",
        "Resident memory that is no file's.",
        _status_bytes("RssAnon"),
    ),
    (
        "process_resident_memory_peak_bytes",
        "The most that was resident.",
        _status_bytes("VmHWM"),
    ),
    ("process_virtual_memory_bytes", "Address space.", _stat_field(20)),
    ("process_major_pagefaults_total", "Page faults that read a disk.", _stat_field(9)),
    ("process_minor_pagefaults_total", "Page faults that did not.", _stat_field(7)),
    ("process_num_threads", "Threads.", _stat_field(17)),
    ("process_start_time_seconds", "When it started, in epoch seconds.", _start_time),
    ("process_open_fds", "Open files and sockets.", _open_fds),
    (
        "process_max_fds",
        "How many may be open.",
        lambda look: float(resource.getrlimit(resource.RLIMIT_NOFILE)[0]),
    ),
    ("process_io_read_bytes_total", "Bytes read, from sockets too.", _io("rchar")),
    ("process_io_written_bytes_total", "Bytes written, to sockets too.", _io("wchar")),
    ("process_io_read_syscalls_total", "Calls that read.", _io("syscr")),
    ("process_io_write_syscalls_total", "Calls that wrote.", _io("syscw")),
    ("process_io_storage_read_bytes_total", "Bytes read from disks.", _io("read_bytes")),
    ("process_io_storage_written_bytes_total", "Bytes written to disks.", _io("write_bytes")),
    *(
        (
            f"process_pressure_{name}_{kind}_seconds_total",
            f"Seconds in which {'some' if kind == 'waiting' else 'all'} of the cgroup's tasks "
            f"waited for {name}.",
            _pressure(name, kind),
        )
        for name in _PRESSURES
        for kind in ("waiting", "stalled")
    ),
)

FAMILIES = (
    *(
        Family(name, "counter" if name.endswith("_total") else "gauge", text, (), _one(read))
        for name, text, read in _ROWS
    ),
    Family("python_info", "gauge", "1, by interpreter.", ("implementation", "version"), _python),
    Family(
        "python_gc_collections_total",
        "counter",
        "Runs of the garbage collector.",
        ("generation",),
        _collections("collections"),
    ),
    Family(
        "python_gc_objects_collected_total",
        "counter",
        "Objects that it found.",
        ("generation",),
        _collections("collected"),
    ),
)
