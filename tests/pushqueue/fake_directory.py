"""A disk in memory that tears, fills and fails; a fake that passes the real one's tests.

`Disk` is what survives a crash, `FakeDirectory` one process' view of it. Writes reach the disk's
durable state only by `sync`; what a crash makes of the others is drawn at random.
"""

import errno
import random
from collections import Counter
from itertools import pairwise

import attrs

from pushqueue.errors import QueueError

PAGE_BYTES = 512


class Crash(BaseException):
    """The process or its power ends in the middle of a call; nothing in it goes on."""


@attrs.define(eq=False)
class Node:
    """One file: what processes see, what is durable, and the writes in between."""

    data: bytearray = attrs.field(factory=bytearray)
    durable: bytearray = attrs.field(factory=bytearray)
    unsynced: list[tuple[int, bytes | None]] = attrs.field(factory=list)

    def write(self, offset: int, data: bytes) -> None:
        _apply(self.data, offset, data)
        self.unsynced.append((offset, bytes(data)))

    def truncate(self, size: int) -> None:
        _apply(self.data, size, None)
        self.unsynced.append((size, None))

    def sync(self) -> None:
        self.durable = bytearray(self.data)
        self.unsynced.clear()

    def crash(self, rng: random.Random) -> None:
        """Some of the unsynced writes get through, page by page, in any order; one may be torn."""
        pages = [page for write in self.unsynced for page in _pages(*write)]
        rng.shuffle(pages)
        kept = pages[: rng.randint(0, len(pages))]
        if kept and rng.random() < 0.5:
            offset, data = kept[-1]
            kept[-1] = (offset, data and data[: rng.randrange(len(data))])
        for offset, data in kept:
            _apply(self.durable, offset, data)
        self.data = bytearray(self.durable)
        self.unsynced.clear()


def _apply(target: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del target[offset:]
        target.extend(bytes(offset - len(target)))
        return
    target.extend(bytes(max(0, offset - len(target))))
    target[offset : offset + len(data)] = data


def _pages(offset: int, data: bytes | None) -> list[tuple[int, bytes | None]]:
    """Cut where the pages of the file begin."""
    if data is None:
        return [(offset, None)]
    first = -offset % PAGE_BYTES
    cuts = [0, *range(first, len(data), PAGE_BYTES), len(data)]
    return [(offset + at, data[at:to]) for at, to in pairwise(cuts) if to > at]


@attrs.define(eq=False)
class Disk:
    """`faults`: operation -> errno to raise; `capacity`: bytes for files, None is no end.

    `calls_left`: so many calls later it crashes, in the middle of one; None is never. From then
    on every call raises Crash, until `kill` or `cut_power` says what is left.

    Operations: open, create, read, write, sync, truncate, remove, rename, names, size, prepare,
    sync_directory.
    """

    faults: dict[str, int] = attrs.field(factory=dict)
    capacity: int | None = None
    nodes: dict[str, Node] = attrs.field(factory=dict)
    durable_nodes: dict[str, Node] = attrs.field(factory=dict)
    locked_by: object | None = None
    calls: Counter[str] = attrs.field(factory=Counter)
    most_bytes: int = 0
    calls_left: int | None = None

    @property
    def has_crashed(self) -> bool:
        return self.calls_left is not None and self.calls_left < 0

    def check(self, operation: str) -> None:
        self.calls[operation] += 1
        if self.calls_left is not None:
            self.calls_left -= 1
            if self.calls_left < 0:
                raise Crash
        number = self.faults.get(operation)
        if number is not None:
            raise OSError(number, f"{errno.errorcode[number]} injected")

    def used(self) -> int:
        return sum(len(node.data) for node in self.nodes.values())

    def note_bytes(self) -> None:
        self.most_bytes = max(self.most_bytes, self.used())

    def kill(self) -> None:
        """The process ends at once; the system lives, so every write is there."""
        self.calls_left = None
        self.locked_by = None

    def cut_power(self, rng: random.Random) -> None:
        """Only what was synced is sure to be there."""
        self.calls_left = None
        self.locked_by = None
        for name in sorted({*self.nodes, *self.durable_nodes}):
            if rng.random() < 0.5:
                _copy_entry(name, self.nodes, self.durable_nodes)
        self.nodes = dict(self.durable_nodes)
        for node in self.nodes.values():
            node.crash(rng)


def _copy_entry(name: str, source: dict[str, Node], target: dict[str, Node]) -> None:
    if name in source:
        target[name] = source[name]
    else:
        target.pop(name, None)


class FakeFile:
    def __init__(self, disk: Disk, node: Node) -> None:
        self._disk = disk
        self._node = node

    def size(self) -> int:
        return len(self._node.data)

    def read_at(self, offset: int, count: int) -> bytes:
        self._disk.check("read")
        return bytes(self._node.data[offset : offset + count])

    def write_at(self, offset: int, data: bytes) -> None:
        try:
            self._disk.check("write")
        except Crash:
            if self._disk.calls_left == -1:
                self._node.write(offset, data[: len(data) // 2])
            raise
        grows = max(0, offset + len(data) - len(self._node.data))
        room = grows if self._disk.capacity is None else self._disk.capacity - self._disk.used()
        if grows > room:
            self._node.write(offset, data[: len(data) - grows + max(0, room)])
            raise OSError(errno.ENOSPC, "no space left on device")
        self._node.write(offset, data)
        self._disk.note_bytes()

    def truncate(self, size: int) -> None:
        self._disk.check("truncate")
        self._node.truncate(size)

    def sync(self) -> None:
        self._disk.check("sync")
        self._node.sync()

    def is_named(self) -> bool:
        return any(node is self._node for node in self._disk.nodes.values())

    def close(self) -> None:
        pass


class FakeDirectory:
    """One process' view of a disk."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self.path = "fake"

    def prepare(self) -> None:
        self._disk.check("prepare")
        if self._disk.locked_by not in (None, self):
            raise QueueError(self.path, "another process uses it", "stop that process")
        self._disk.locked_by = self
        self._disk.nodes.setdefault("lock", Node())

    def names(self) -> list[str]:
        self._disk.check("names")
        return sorted(self._disk.nodes)

    def size(self, name: str) -> int:
        self._disk.check("size")
        if name not in self._disk.nodes:
            raise FileNotFoundError(errno.ENOENT, "no such file", name)
        return len(self._disk.nodes[name].data)

    def open(self, name: str, *, create: bool = False) -> FakeFile:
        self._disk.check("create" if create else "open")
        if create:
            self._disk.nodes.setdefault(name, Node())
        elif name not in self._disk.nodes:
            raise FileNotFoundError(errno.ENOENT, "no such file", name)
        return FakeFile(self._disk, self._disk.nodes[name])

    def remove(self, name: str) -> None:
        self._disk.check("remove")
        if name not in self._disk.nodes:
            raise FileNotFoundError(errno.ENOENT, "no such file", name)
        del self._disk.nodes[name]

    def rename(self, old: str, new: str) -> None:
        self._disk.check("rename")
        if old not in self._disk.nodes:
            raise FileNotFoundError(errno.ENOENT, "no such file", old)
        self._disk.nodes[new] = self._disk.nodes.pop(old)

    def sync(self) -> None:
        self._disk.check("sync_directory")
        self._disk.durable_nodes = dict(self._disk.nodes)

    def free_bytes(self) -> tuple[int, int]:
        capacity = 10**12 if self._disk.capacity is None else self._disk.capacity
        return max(0, capacity - self._disk.used()), capacity

    def release(self) -> None:
        if self._disk.locked_by is self:
            self._disk.locked_by = None
