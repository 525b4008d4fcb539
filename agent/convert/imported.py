"""Samples of another agent's queue as Blocks of ours.

Takes series as they were stored; gives Blocks, each bounded, its series sorted by time.
Invariant: one series holds one sample, its labels are sorted; timestamps in a Block never go back.
"""

from collections.abc import Iterable, Iterator, Sequence

import attrs
import snappy

from pushqueue.block import BatchEntry, Block, Encoding, pack_table
from pushqueue.wire.message import Pair, Sample, WireSeries, write_v1

# As vmagent's maxRowsPerBlock: what a receiver is used to.
MAX_SAMPLES = 10_000


# More places than a person looks at; the rest is counted.
MAX_DAMAGES = 100


@attrs.define
class Found:
    """What a queue held. `damages`: what was skipped, a line for each of the first."""

    blocks: int = 0
    samples: int = 0
    bytes: int = 0  # of the Blocks' bodies
    oldest_ms: int | None = None
    newest_ms: int | None = None
    damages: list[str] = attrs.field(factory=list)
    damaged: int = 0  # all places
    left_out: int = 0  # samples that are not to be imported: older than asked

    def damage(self, text: str) -> None:
        self.damaged += 1
        if len(self.damages) < MAX_DAMAGES:
            self.damages.append(text)

    def count(self, block: Block) -> None:
        self.blocks += 1
        self.samples += block.sample_count
        self.bytes += len(block.body)
        oldest, newest = self.oldest_ms, self.newest_ms
        self.oldest_ms = block.oldest_ms if oldest is None else min(oldest, block.oldest_ms)
        self.newest_ms = block.newest_ms if newest is None else max(newest, block.newest_ms)


def single(series: WireSeries) -> Iterator[tuple[int, WireSeries]]:
    """The series once for each sample, with its time."""
    labels = tuple(sorted(series.labels))
    for sample in series.samples:
        yield sample.timestamp_ms, WireSeries(labels=labels, samples=(sample,))


def of_sample(labels: tuple[Pair, ...], sample: Sample) -> tuple[int, WireSeries]:
    return sample.timestamp_ms, WireSeries(labels=labels, samples=(sample,))


def blocks_of(timed: Iterable[tuple[int, WireSeries]], now_ms: int) -> Iterator[Block]:
    """In the order given, but for the times within each Block."""
    pending: list[tuple[int, WireSeries]] = []
    for one in timed:
        pending.append(one)
        if len(pending) >= MAX_SAMPLES:
            yield _block(pending, now_ms)
            pending = []
    if pending:
        yield _block(pending, now_ms)


def _block(timed: Sequence[tuple[int, WireSeries]], now_ms: int) -> Block:
    ordered = sorted(timed, key=lambda pair: pair[0])
    framed = b"".join(write_v1([series for _, series in ordered]))
    oldest, newest = ordered[0][0], ordered[-1][0]
    entry = BatchEntry(newest, 0, len(ordered), len(framed), is_pushed=True)
    return Block(
        created_ms=now_ms,
        sample_count=len(ordered),
        oldest_ms=oldest,
        newest_ms=newest,
        encoding=Encoding.RW1_SNAPPY,
        table=pack_table([entry]),
        body=bytes(snappy.compress(framed)),
    )
