"""The disk part: spill and drain in MB/s, and how long a large backlog takes to open.

Run: `python bench/bench_queue.py [--smoke] [--path DIR]`. The path decides what is measured:
a directory in /dev/shm shows what the code costs, one on a disk what the disk allows.
"""

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

import attrs

from pushqueue.block import Block
from pushqueue.directory import RealDirectory
from pushqueue.store import Store

NOW_MS = 1_790_000_000_000
GROUP_BYTES = 2 * 2**20  # what a second of a fast remote's outage brings


def block_of(size: int) -> Block:
    return Block(
        created_ms=NOW_MS,
        sample_count=size // 16,
        oldest_ms=NOW_MS,
        newest_ms=NOW_MS,
        table=bytes(21 * 20),
        body=os.urandom(size),
    )


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


def fill(store: Store, size: int, count: int) -> float:
    """Seconds to store `count` Blocks in groups, each group synced."""
    block = block_of(size)
    group = max(1, GROUP_BYTES // size)
    start = time.perf_counter()
    for first in range(1, count + 1, group):
        last = min(first + group, count + 1)
        blocks = [attrs.evolve(block, sequence=sequence) for sequence in range(first, last)]
        result = store.append(blocks, NOW_MS)
        assert result.durable == len(blocks), result
    return time.perf_counter() - start


def drain(store: Store) -> float:
    start = time.perf_counter()
    while (block := store.next_block(0)) is not None:
        store.acknowledge(block)
    return time.perf_counter() - start


def time_flow(path: Path, size: int, total_bytes: int) -> None:
    store = Store(RealDirectory(path))
    store.open()
    count = max(2, total_bytes // size)
    megabytes = count * size / 1e6
    spilled_s = fill(store, size, count)
    drained_s = drain(store)
    store.close()
    print(
        f"Blocks of {size:7} bytes: spill {megabytes / spilled_s:6.0f} MB/s, "
        f"drain {megabytes / drained_s:6.0f} MB/s, "
        f"{spilled_s / count * 1e6:6.1f} and {drained_s / count * 1e6:6.1f} us a Block"
    )


def time_open(path: Path, count: int, size: int) -> None:
    store = Store(RealDirectory(path))
    store.open()
    fill(store, size, count)
    store.close()
    store = Store(RealDirectory(path))
    before_mib = resident_mib()
    start = time.perf_counter()
    store.open()
    took_s = time.perf_counter() - start
    assert store.next_block(0) is not None
    found = store.statistics
    print(
        f"open {found.blocks} Blocks, {found.file_bytes / 1e6:.0f} MB in {found.segments} "
        f"segments: {took_s * 1000:.1f} ms; with the first at hand memory grew by "
        f"{resident_mib() - before_mib:.1f} MiB"
    )
    assert found.blocks == count
    store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    parser.add_argument("--path", help="where to create the queues (default: the temporary path)")
    arguments = parser.parse_args()
    total, count = (2**20, 2000) if arguments.smoke else (2**28, 1_000_000)
    with tempfile.TemporaryDirectory(dir=arguments.path) as path:
        for size in (1000, 20_000, 160_000):
            time_flow(Path(path) / str(size), size, total)
        time_open(Path(path) / "open", count, 1000)


if __name__ == "__main__":
    main()
