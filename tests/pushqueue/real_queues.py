"""Queues in real directories, for the tools that look into them."""

from collections.abc import Iterable
from pathlib import Path

import attrs

from pushqueue.block import Block
from pushqueue.directory import RealDirectory
from pushqueue.store import Store
from tests.pushqueue.blocks import NOW_MS, block


def fill(path: Path, numbers: Iterable[int] = range(1, 11), *, acknowledged: int = 0) -> None:
    """A queue of a few segments that was closed in order."""
    store = Store(RealDirectory(path), segment_bytes=700)
    store.open()
    store.append([block(n, sequence=n, samples=2) for n in numbers], NOW_MS)
    for _ in range(acknowledged):
        store.acknowledge(_next(store))
    store.close()


def drain(path: Path) -> list[Block]:
    """What an agent would send."""
    store = Store(RealDirectory(path))
    store.open()
    found = []
    while store.statistics.blocks:
        found.append(attrs.evolve(_next(store)))
        store.acknowledge(found[-1])
    store.close()
    return found


def _next(store: Store) -> Block:
    found = store.next_block(0)
    assert found is not None
    return found


def flip(path: Path, offset: int) -> None:
    data = bytearray(path.read_bytes())
    data[offset] ^= 0xFF
    path.write_bytes(data)


def segment_files(path: Path) -> list[Path]:
    return sorted(path.glob("*.pfq"))
