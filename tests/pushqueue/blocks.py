"""Blocks to push around, and what they are made of."""

from array import array

from pushqueue.block import Block
from series.batch import Batch
from series.labels import canonical
from series.layout import Layout
from series.template import Template

NOW_MS = 1_700_000_000_000


def block(
    number: int = 1,
    *,
    lane: int = 0,
    size: int = 100,
    samples: int = 1,
    time_ms: int | None = None,
    epoch: int = 0,
    sequence: int = 0,
) -> Block:
    """A Block that tells its number; `size` bytes of body."""
    time_ms = NOW_MS + number if time_ms is None else time_ms
    body = (b"%08d" % number).ljust(size, b".")
    return Block(
        lane_epoch=epoch,
        lane=lane,
        sequence=sequence,
        created_ms=time_ms,
        sample_count=samples,
        oldest_ms=time_ms,
        newest_ms=time_ms,
        table=b"",
        body=body,
    )


def number_of(stored: Block) -> int:
    return int(stored.body[:8])


def layout(count: int, name: str = "metric") -> Layout:
    labels = [
        canonical({"__name__": f"{name}_{index:05}", "job": "node"}) for index in range(count)
    ]
    return Layout(tuple(Template.constant(item) for item in labels))


def batch(
    count: int = 1,
    *,
    key: int = 0,
    time_ms: "int | array[int]" = NOW_MS,
    of: Layout | None = None,
    is_markers: bool = False,
    is_pushed: bool = False,
) -> Batch:
    """`count` samples with the values 0, 1, 2, ..."""
    return Batch(
        lane_key=key,
        layout=of or layout(count),
        values=array("d", range(count)),
        timestamps=time_ms,
        is_markers=is_markers,
        is_pushed=is_pushed,
    )
