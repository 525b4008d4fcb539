"""A store on a fake disk, filled and emptied."""

from collections.abc import Iterable
from typing import Any

from pushqueue.appended import Appended
from pushqueue.block import Block
from pushqueue.store import Store
from tests.pushqueue.blocks import NOW_MS, block, number_of
from tests.pushqueue.fake_directory import Disk, FakeDirectory


def opened(disk: Disk, **options: Any) -> Store:
    store = Store(FakeDirectory(disk), **options)
    store.open()
    return store


def put(store: Store, numbers: Iterable[int], **fields: Any) -> Appended:
    """Stores Blocks whose numbers are their sequences in lane 0."""
    return store.append([block(n, sequence=n, **fields) for n in numbers], NOW_MS)


def take(store: Store, lane: int = 0) -> Block | None:
    found = store.next_block(lane)
    if found is not None:
        store.acknowledge(found)
    return found


def drained(store: Store, lane: int = 0) -> list[int]:
    """The numbers of all Blocks that a lane still has, in order, acknowledged."""
    numbers = []
    while (found := take(store, lane)) is not None:
        numbers.append(number_of(found))
    return numbers


def restarted(disk: Disk, store: Store | None = None, **options: Any) -> Store:
    """Another process opens the disk, after the first was killed (or closed, if given)."""
    if store is not None:
        store.close()
    disk.kill()
    return opened(disk, **options)


def segments(disk: Disk) -> list[str]:
    return sorted(name for name in disk.nodes if name.endswith(".pfq"))
