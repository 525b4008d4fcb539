"""A backlog drained beside live traffic: how many times as fast, and how late scrapes get by it.

Run: `python bench/bench_drain.py [--smoke] [--path DIR]`. The shape is `many`: 200 targets with 507
series a second, in slots of 50 ms. The remote is another process that takes everything. A queue
should drain at 10 times the live rate at least, and no slot be served more than 50 ms late for it.
"""

import argparse
import os
import tempfile
import time
from array import array
from pathlib import Path

import attrs
import trio

from bench_batcher import SERIES, batch_of, layout_of, make_blocks
from bench_client import server
from bench_queue import resident_mib
from pushqueue.block import Block
from pushqueue.directory import RealDirectory
from pushqueue.remote import Remote
from pushqueue.settings import QueueSettings, RemoteSettings
from pushqueue.store import Store
from pushqueue.view import QUEUES_FOLDER
from series.batch import Batch
from series.frame import frame
from transport.tls import TlsContexts

SLOTS = 20  # a second; the scraper serves several targets by one wake-up
REPLY = b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"


def fill(path: Path, block: Block, count: int) -> None:
    store = Store(RealDirectory(path))
    store.open()
    for first in range(1, count + 1, 10):
        last = min(first + 10, count + 1)
        named = [attrs.evolve(block, sequence=sequence) for sequence in range(first, last)]
        assert store.append(named, 0).durable == len(named)
    store.close()


@attrs.define
class Live:
    """The scrapes of `targets` targets a second; `late_s`: how late each slot was served."""

    remote: Remote
    targets: int
    late_s: "array[float]" = attrs.field(factory=lambda: array("d"))

    def batches(self) -> list[list[Batch]]:
        layouts = [layout_of(target) for target in range(self.targets)]
        now_ms = int(time.time() * 1000)
        for layout in layouts:
            frame(batch_of(layout, 0, now_ms))  # heads are framed once in a layout's life
        return [
            [batch_of(layouts[at], at, now_ms) for at in range(slot, self.targets, SLOTS)]
            for slot in range(SLOTS)
        ]

    async def run(self) -> None:
        made = self.batches()
        start = trio.current_time()
        slot = 0
        while True:
            due = start + slot / SLOTS
            await trio.sleep_until(due)
            self.late_s.append(trio.current_time() - due)
            now_ms = int(time.time() * 1000)
            batches = [attrs.evolve(one, timestamps=now_ms) for one in made[slot % SLOTS]]
            self.remote.put_nowait(batches)
            slot += 1

    def told(self, since: int = 0) -> str:
        late = sorted(self.late_s[since:]) or [0.0]
        p99, most = late[int(len(late) * 0.99)], late[-1]
        return f"slots late by {p99 * 1000:.1f} ms (p99), {most * 1000:.1f} ms (most)"


async def wait_drained(remote: Remote) -> None:
    # A look now and then, as a page would: waiting for each Block would be work beside the sender.
    while remote.statistics().queue.disk_samples:  # noqa: ASYNC110
        await trio.sleep(0.01)


async def race(path: Path, port: int, *, targets: int, quiet_s: float, lanes: int) -> None:
    remote = Remote(
        RemoteSettings(
            url=f"http://127.0.0.1:{port}/write", key="bench", queue=QueueSettings(lanes=lanes)
        ),
        data_path=path,
        contexts=TlsContexts(),
        run_sync=trio.to_thread.run_sync,
        wall_ms=lambda: int(time.time() * 1000),
        version="bench",
    )
    live = Live(remote, targets)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(live.run)
        await trio.sleep(1.0)  # the first frames are made
        since = len(live.late_s)
        await trio.sleep(quiet_s)
        before_mib = resident_mib()
        print(f"before:   {live.told(since)}")
        since, start, cpu = len(live.late_s), trio.current_time(), time.process_time()
        await nursery.start(remote.run)
        waiting = remote.statistics().queue.disk_samples
        with trio.move_on_after(600):
            await wait_drained(remote)
        took_s = trio.current_time() - start
        cpu_us = (time.process_time() - cpu) / waiting * 1e6
        rate, live_rate = waiting / took_s, targets * SERIES
        mib = remote.statistics().sent_bytes_total / took_s / 2**20
        print(f"draining: {live.told(since)}")
        print(
            f"{waiting} samples in {took_s:.1f} s: {rate:.0f} a second beside {live_rate} live, "
            f"{rate / live_rate:.1f} times, {mib:.0f} MiB/s, {cpu_us:.2f} us CPU a sample in all; "
            f"memory grew by {resident_mib() - before_mib:.1f} MiB"
        )
        nursery.cancel_scope.cancel()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    parser.add_argument("--path", help="where to create the queue (default: the temporary path)")
    parser.add_argument("--backlog", type=float, default=60.0, help="seconds of the live rate")
    arguments = parser.parse_args()
    targets, seconds, quiet_s = (20, 1.0, 0.1) if arguments.smoke else (200, arguments.backlog, 3.0)
    now_ms = int(time.time() * 1000)
    (block,) = make_blocks([batch_of(layout_of(at), at, now_ms) for at in range(19)])
    count = max(2, int(seconds * targets * SERIES / block.sample_count))
    with tempfile.TemporaryDirectory(dir=arguments.path) as path, server(REPLY) as port:
        fill(Path(path) / QUEUES_FOLDER / "bench", block, count)
        print(f"backlog: {count} Blocks of {len(block.body)} bytes, {os.cpu_count()} cores")
        trio.run(lambda: race(Path(path), port, targets=targets, quiet_s=quiet_s, lanes=1))


if __name__ == "__main__":
    main()
