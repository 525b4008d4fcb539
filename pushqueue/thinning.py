"""Every second tick of each target is left out of a run of Blocks: a coarser history, not a hole.

Takes Blocks in their order; gives each with the batches that stay, or None. Pure.
Which batches there are is told by the Block's batch table. Never left out: staleness markers,
pushed data, and Blocks whose table does not say what is in them.

A tick is what one lane key has at one time. Batches of one scrape may bear different times (a page
with timestamps of its own beside the series about the scrape), so one or two times of a key in a
Block are one tick; from three on each time is.
"""

from collections.abc import Sequence

import attrs

from pushqueue.block import BatchEntry, Block, pack_table
from pushqueue.codec import CodecError, decode, series_of
from pushqueue.wire.body import Body, SnappyBody, ZstdBody
from pushqueue.wire.message import write_v2
from pushqueue.wire.symbols import Symbols

# From so many times of one key in a Block on each is a tick.
_LEAST_TIMES = 3


class Thinner:
    """Remembers of each lane key whether its next tick stays: it goes on from Block to Block."""

    def __init__(self) -> None:
        self._stays: dict[int, bool] = {}

    def thin(self, block: Block) -> Block | None:
        """The Block itself if nothing of it may go. Raises CodecError."""
        entries = block.batches
        if sum([entry.sample_count for entry in entries]) != block.sample_count:
            return block
        chosen = self._choose(entries)
        if all(chosen):
            return block
        return without(block, entries, chosen)

    def _choose(self, entries: Sequence[BatchEntry]) -> list[bool]:
        times: dict[int, set[int]] = {}
        for entry in entries:
            if _may_go(entry):
                times.setdefault(entry.lane_key, set()).add(entry.time_ms)
        kept: dict[tuple[int, int], bool] = {}
        for key, found in times.items():
            if len(found) < _LEAST_TIMES:
                stays = self._next(key)
                kept.update({(key, time_ms): stays for time_ms in found})
            else:
                kept.update({(key, time_ms): self._next(key) for time_ms in sorted(found)})
        return [not _may_go(each) or kept[each.lane_key, each.time_ms] for each in entries]

    def _next(self, key: int) -> bool:
        """Whether this tick of the key stays; the first does."""
        stays = self._stays.get(key, True)
        self._stays[key] = not stays
        return stays


def thinnable_bytes(block: Block) -> int:
    """How much of it, before compression, may be left out one day."""
    return sum([entry.framed_bytes for entry in block.batches if _may_go(entry)])


def _may_go(entry: BatchEntry) -> bool:
    return not (entry.is_markers or entry.is_pushed)


def without(block: Block, entries: Sequence[BatchEntry], chosen: Sequence[bool]) -> Block | None:
    """The Block with the chosen batches only; None if there is none. Raises CodecError."""
    kept = [entry for entry, stays in zip(entries, chosen, strict=True) if stays]
    if not kept:
        return None
    cut = _cut_v2 if block.encoding.is_v2 else _cut_v1
    body, kept = cut(block, entries, chosen)
    return attrs.evolve(
        block,
        body=body,
        table=pack_table(kept),
        sample_count=sum([entry.sample_count for entry in kept]),
        exemplar_count=None,
    )


def _new_body(block: Block) -> Body:
    return ZstdBody(0) if block.encoding.is_zstd else SnappyBody()


def _cut_v1(
    block: Block, entries: Sequence[BatchEntry], chosen: Sequence[bool]
) -> tuple[bytes, list[BatchEntry]]:
    """A message of 1.0 is the batches one after the other."""
    message = decode(block)
    if sum([entry.framed_bytes for entry in entries]) != len(message):
        raise CodecError("the batch table does not fit the body")
    body = _new_body(block)
    at = 0
    for entry, stays in zip(entries, chosen, strict=True):
        if stays:
            body.add(message[at : at + entry.framed_bytes])
        at += entry.framed_bytes
    return body.finish(), [entry for entry, stays in zip(entries, chosen, strict=True) if stays]


def _cut_v2(
    block: Block, entries: Sequence[BatchEntry], chosen: Sequence[bool]
) -> tuple[bytes, list[BatchEntry]]:
    """Written anew, so that the symbols of what is gone are gone too."""
    series = series_of(block)
    if sum([entry.sample_count for entry in entries]) != len(series):
        raise CodecError("the batch table does not fit the body")
    symbols = Symbols()
    body = _new_body(block)
    kept = []
    at = 0
    for entry, stays in zip(entries, chosen, strict=True):
        if stays:
            framed = b"".join(write_v2(series[at : at + entry.sample_count], symbols))
            body.add(framed)
            kept.append(attrs.evolve(entry, framed_bytes=len(framed)))
        at += entry.sample_count
    return body.finish(symbols.encode()), kept
