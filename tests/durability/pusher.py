"""`python -m tests.durability.pusher DIR URL FIRST [-spillAfter=S]`: pushes until it is killed.

A remote in a process of its own, as push endpoints use it that answer only when data is durable:
several pushers at once, each writes its number to stdout when it was told so.
"""

import os
import sys
import time
from array import array
from itertools import count
from pathlib import Path

import trio

from pushqueue.fanout import FanOut
from pushqueue.remote import Remote
from pushqueue.settings import QueueSettings, RemoteSettings
from series.batch import Batch
from series.labels import canonical
from series.layout import Layout
from series.template import Template
from tests.durability.far_end import METRIC
from transport.tls import TlsContexts

PUSHERS = 4


def main(directory: str, url: str, first: str, *flags: str) -> None:
    spill_after_s = float(flags[0].partition("=")[2]) if flags else 1.0
    settings = RemoteSettings(
        url=url,
        key="pusher",
        queue=QueueSettings(spill_after_s=spill_after_s, retry_max_interval_s=1.0),
    )
    remote = Remote(
        settings,
        data_path=Path(directory),
        contexts=TlsContexts(),
        run_sync=trio.to_thread.run_sync,
        wall_ms=_wall_ms,
        version="0",
    )
    trio.run(_run, remote, int(first))


async def _run(remote: Remote, first: int) -> None:
    labels = canonical({"__name__": METRIC})
    layout = Layout((Template.constant(labels),))
    numbers = count(first)
    async with trio.open_nursery() as nursery:
        await nursery.start(remote.run)
        for _ in range(PUSHERS):
            nursery.start_soon(_push, FanOut([remote]), layout, numbers)


async def _push(fan_out: FanOut, layout: Layout, numbers: "count[int]") -> None:
    while True:
        number = next(numbers)
        batch = Batch(
            lane_key=0,
            layout=layout,
            values=array("d", [number]),
            timestamps=_wall_ms(),
            is_pushed=True,
        )
        if await fan_out.put_durable([batch]):
            os.write(1, b"%d\n" % number)
        await trio.sleep(0.005)


def _wall_ms() -> int:
    return int(time.time() * 1000)


if __name__ == "__main__":
    main(*sys.argv[1:])
