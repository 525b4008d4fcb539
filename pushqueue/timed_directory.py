"""A queue's directory that knows how long its calls take.

Takes a Directory; gives one that counts. Called in the queue's thread like the one it wraps;
`counts` may be read from elsewhere.
Never: does anything else.
"""

from time import perf_counter

import attrs

from pushqueue.directory import Directory, File


@attrs.define
class DirectoryCounts:
    """Each only grows."""

    read_bytes: int = 0
    read_s: float = 0.0
    written_bytes: int = 0
    write_s: float = 0.0
    syncs: int = 0
    sync_s: float = 0.0


class TimedDirectory:
    """`inner` does the work."""

    def __init__(self, inner: Directory) -> None:
        self._inner = inner
        self.path = inner.path
        self.counts = DirectoryCounts()

    def prepare(self) -> None:
        self._inner.prepare()

    def names(self) -> list[str]:
        return self._inner.names()

    def size(self, name: str) -> int:
        return self._inner.size(name)

    def open(self, name: str, *, create: bool = False) -> File:
        return _TimedFile(self._inner.open(name, create=create), self.counts)

    def remove(self, name: str) -> None:
        self._inner.remove(name)

    def rename(self, old: str, new: str) -> None:
        self._inner.rename(old, new)

    def sync(self) -> None:
        started = perf_counter()
        try:
            self._inner.sync()
        finally:
            self.counts.sync_s += perf_counter() - started
            self.counts.syncs += 1

    def free_bytes(self) -> tuple[int, int]:
        return self._inner.free_bytes()

    def release(self) -> None:
        self._inner.release()


class _TimedFile:
    def __init__(self, inner: File, counts: DirectoryCounts) -> None:
        self._inner = inner
        self._counts = counts

    def size(self) -> int:
        return self._inner.size()

    def read_at(self, offset: int, count: int) -> bytes:
        started = perf_counter()
        try:
            data = self._inner.read_at(offset, count)
        finally:
            self._counts.read_s += perf_counter() - started
        self._counts.read_bytes += len(data)
        return data

    def write_at(self, offset: int, data: bytes) -> None:
        started = perf_counter()
        try:
            self._inner.write_at(offset, data)
        finally:
            self._counts.write_s += perf_counter() - started
        self._counts.written_bytes += len(data)

    def truncate(self, size: int) -> None:
        self._inner.truncate(size)

    def sync(self) -> None:
        started = perf_counter()
        try:
            self._inner.sync()
        finally:
            self._counts.sync_s += perf_counter() - started
            self._counts.syncs += 1

    def is_named(self) -> bool:
        return self._inner.is_named()

    def close(self) -> None:
        self._inner.close()
