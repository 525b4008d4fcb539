"""Samples of another agent's queue as Blocks of ours.

Takes samples with their labels encoded; gives Blocks, each bounded, its series sorted by time.
Invariant: one series holds one sample; timestamps in a Block never go back.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter

import attrs
import snappy

from pushqueue.block import BatchEntry, Block, Encoding, pack_table
from series.frame import SERIES_TAG
from series.wire import signed_varint, varint

# As vmagent's maxRowsPerBlock: what a receiver is used to.
MAX_SAMPLES = 10_000

# Milliseconds; labels, sorted and encoded as `series.wire.encode_labels` does; eight bytes.
Timed = tuple[int, bytes, bytes]


# More places than a person looks at; the rest is counted.
MAX_DAMAGES = 100


@attrs.define
class Found:
    """What a queue held. `damages`: what was skipped, a line for each of the first.

    `bytes_read` of `bytes_total` are done with; `on_step` hears of every step.
    """

    blocks: int = 0
    samples: int = 0
    block_bytes: int = 0  # of the Blocks' bodies
    oldest_ms: int | None = None
    newest_ms: int | None = None
    damages: list[str] = attrs.field(factory=list)
    damaged: int = 0  # all places
    left_out: int = 0  # samples that are not to be imported: older than asked
    dropped: int = 0  # samples whose series the remote's rules drop
    bytes_read: int = 0
    bytes_total: int = 0
    on_step: "Callable[[Found], None]" = attrs.field(default=lambda _: None, eq=False)

    def damage(self, text: str) -> None:
        self.damaged += 1
        if len(self.damages) < MAX_DAMAGES:
            self.damages.append(text)

    def count(self, block: Block) -> None:
        self.blocks += 1
        self.samples += block.sample_count
        self.block_bytes += len(block.body)
        oldest, newest = self.oldest_ms, self.newest_ms
        self.oldest_ms = block.oldest_ms if oldest is None else min(oldest, block.oldest_ms)
        self.newest_ms = block.newest_ms if newest is None else max(newest, block.newest_ms)

    def advance(self, count: int) -> None:
        self.bytes_read += count
        self.on_step(self)


def blocks_of(timed: Iterable[Timed], now_ms: int) -> Iterator[Block]:
    """In the order given, but for the times within each Block."""
    pending: list[Timed] = []
    for one in timed:
        pending.append(one)
        if len(pending) >= MAX_SAMPLES:
            yield _block(pending, now_ms)
            pending = []
    if pending:
        yield _block(pending, now_ms)


def _block(timed: Sequence[Timed], now_ms: int) -> Block:
    ordered = sorted(timed, key=itemgetter(0))
    # Bodies hold a scrape or two: few different times.
    tails: dict[int, bytes] = {}
    framed = b"".join([_series(one, tails) for one in ordered])
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


def _series(one: Timed, tails: dict[int, bytes]) -> bytes:
    time_ms, labels, value = one
    tail = tails.get(time_ms)
    if tail is None:
        tail = tails[time_ms] = b"\x10" + signed_varint(time_ms)
    sample = b"\x12%c\x09%b%b" % (len(tail) + 9, value, tail)
    return SERIES_TAG + varint(len(labels) + len(sample)) + labels + sample
