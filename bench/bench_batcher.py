"""From a batch to a compressed Block, and through a whole remote: microseconds a sample.

Run: `python bench/bench_batcher.py [--smoke]`. A remote at 200 scrapes of 507 series a second
should cost well under 0.4 us a sample with everything between `put_nowait` and the request.
"""

import argparse
import tempfile
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import attrs
import snappy
import trio

from pushqueue.batcher import Batcher
from pushqueue.block import Block, Encoding
from pushqueue.encode import Encoder, encode
from pushqueue.remote import Remote
from pushqueue.settings import QueueSettings, RemoteSettings
from pushqueue.wire.part import Part
from series.batch import Batch
from series.frame import frame
from series.labels import canonical
from series.layout import Layout
from series.metadata import Families, Metadata, MetricType
from series.template import Template
from series.wire import encode_label, encode_labels
from transport.tls import TlsContexts

SERIES = 507
BATCHES = 19  # what makes a Block of just below 10 000 samples
NOW_MS = 1_790_000_000_000


def layout_of(target: int) -> Layout:
    templates = []
    for number in range(SERIES):
        labels = {
            "__name__": f"node_some_metric_{number // 5}_total",
            "device": f"eth{number % 5}",
            "instance": f"10.0.0.{target}:9100",
            "job": "node",
        }
        templates.append(Template.constant(canonical(labels)))
    return Layout(tuple(templates))


def batch_of(layout: Layout, target: int, time_ms: int) -> Batch:
    values = array("d", [float(time_ms % 997 + number * target) for number in range(SERIES)])
    return Batch(lane_key=target, layout=layout, values=values, timestamps=time_ms)


def best_us(action: Callable[[], object], rounds: int, samples: int) -> float:
    """The best round's microseconds a sample."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        action()
        best = min(best, time.perf_counter() - start)
    return best / samples * 1e6


def make_blocks(batches: Sequence[Batch]) -> list[Block]:
    batcher = Batcher(max_rows=10_000, close_after_s=1.0)
    for batch in batches:
        batcher.put(batch, 0.0)
    parts = batcher.take(0.0, everything=True)
    return list(encode(parts, lane=0, created_ms=NOW_MS, max_bytes=8 * 2**20))


def time_steps(rounds: int) -> None:
    batches = [batch_of(layout_of(target), target, NOW_MS) for target in range(BATCHES)]
    samples = BATCHES * SERIES
    framed = [frame(batch) for batch in batches]
    message = b"".join(framed)
    (block,) = make_blocks(batches)
    print(
        f"frame:              {best_us(lambda: [frame(b) for b in batches], rounds, samples):.4f}"
    )
    print(f"join:               {best_us(lambda: b''.join(framed), rounds, samples):.4f}")
    print(f"snappy:             {best_us(lambda: snappy.compress(message), rounds, samples):.4f}")
    print(f"batches to a Block: {best_us(lambda: make_blocks(batches), rounds, samples):.4f}")
    print(f"bytes a sample:     {len(block.body) / samples:.1f} compressed")


def families_of(layout: Layout) -> Families:
    names = dict.fromkeys(dict(template.labels())["__name__"] for template in layout.templates)
    said = [Metadata(name, MetricType.COUNTER, f"What {name} counts.") for name in names]
    return Families(lambda: said)


def time_encodings(rounds: int) -> None:
    """The same samples in each encoding: CPU with and without metadata, bytes on the wire."""
    layouts = [layout_of(target) for target in range(BATCHES)]
    families = families_of(layouts[0])
    plain = [batch_of(layout, target, NOW_MS) for target, layout in enumerate(layouts)]
    said = [attrs.evolve(batch, families=families) for batch in plain]
    samples = BATCHES * SERIES
    for encoding in (Encoding.RW1_SNAPPY, Encoding.RW1_ZSTD, Encoding.RW2_SNAPPY):
        batches = said if encoding.is_v2 else plain
        parts = [Part(batch, 0, len(batch)) for batch in batches]
        encoder = Encoder()

        def make(
            parts: list[Part] = parts, encoder: Encoder = encoder, encoding: Encoding = encoding
        ) -> list[Block]:
            return list(encoder.encode(parts, encoding, lane=0, created_ms=NOW_MS))

        (block,) = make()
        cost = best_us(make, rounds, samples)
        print(f"{encoding.name + ':':20}{cost:.4f}, {len(block.body) / samples:.1f} bytes a sample")


def time_alike(rounds: int) -> None:
    """Targets that share a layout, so many of them with the same timestamp."""
    shared = layout_of(0)
    holed = [
        Template(((encode_labels(template.labels()[:2])), b""), (0,))
        for template in shared.templates
    ]
    layout = Layout(tuple(holed))
    values = batch_of(shared, 7, NOW_MS).values
    samples = BATCHES * SERIES
    for together in (1, 2, 5, 10):
        parts = [
            Part(
                Batch(
                    lane_key=target,
                    layout=layout,
                    values=values,
                    timestamps=NOW_MS + 100 * (target // together),
                    chunks=(encode_label("instance", f"10.0.0.{10 + target}:9100"),),
                ),
                0,
                SERIES,
            )
            for target in range(BATCHES)
        ]
        encoder = Encoder()

        def make(parts: list[Part] = parts, encoder: Encoder = encoder) -> list[Block]:
            return list(encoder.encode(parts, Encoding.RW1_SNAPPY, lane=0, created_ms=NOW_MS))

        (block,) = make()
        cost = best_us(make, rounds, samples)
        size = len(block.body) / samples
        print(f"{together:2} of one time:      {cost:.4f}, {size:.1f} bytes a sample")


@attrs.frozen
class Accepted:
    status: int = 204
    body: bytes = b""
    is_resent: bool = False

    def header(self, name: str) -> str | None:
        return None


class NullClient:
    """A far end that costs nothing."""

    async def request(self, method: str, **options: Any) -> Accepted:
        await trio.lowlevel.checkpoint()
        return Accepted()

    async def aclose(self) -> None:
        pass


async def run_remote(data_path: Path, seconds: float, targets: int) -> float:
    """CPU microseconds a sample of a remote at `targets` scrapes a second, all in."""
    remote = Remote(
        RemoteSettings(url="http://127.0.0.1:9/", key="bench", queue=QueueSettings()),
        data_path=data_path,
        contexts=TlsContexts(),
        run_sync=trio.to_thread.run_sync,
        wall_ms=lambda: int(time.time() * 1000),
        version="bench",
        connect=NullClient,
    )
    layouts = [layout_of(target) for target in range(targets)]
    rounds = int(seconds * 20)
    made = [
        [batch_of(layouts[t], t, NOW_MS + 50 * r) for t in range(r % 20, targets, 20)]
        for r in range(rounds)
    ]
    for layout in layouts:
        frame(batch_of(layout, 0, NOW_MS))  # heads are framed once in a layout's life
    async with trio.open_nursery() as nursery:
        await nursery.start(_run, remote)
        idle = await _cpu_of(rounds, lambda index: None)
        busy = await _cpu_of(rounds, lambda index: remote.put_nowait(made[index]))
        sent = remote.statistics().put_samples_total
        nursery.cancel_scope.cancel()
    return (busy - idle) / sent * 1e6


async def _run(remote: Remote, *, task_status: trio.TaskStatus[None]) -> None:
    await remote.run(task_status=task_status)


async def _cpu_of(rounds: int, action: Callable[[int], None]) -> float:
    start = time.process_time()
    for index in range(rounds):
        action(index)
        await trio.sleep(0.05)
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    is_smoke = parser.parse_args().smoke
    print("us a sample")
    time_steps(2 if is_smoke else 200)
    time_encodings(2 if is_smoke else 200)
    time_alike(2 if is_smoke else 200)
    with tempfile.TemporaryDirectory() as path:
        seconds, targets = (0.2, 20) if is_smoke else (10.0, 200)
        cost = trio.run(run_remote, Path(path), seconds, targets)
    print(f"a whole remote:     {cost:.4f} (CPU, {targets} batches of {SERIES} a second)")


if __name__ == "__main__":
    main()
