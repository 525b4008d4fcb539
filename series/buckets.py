"""The buckets of one side of a native histogram: spans, and counts that are deltas or absolute.

Takes spans and counts; gives counts by index, and the spans of such counts.
Source: native histogram specification; `Compact` of Prometheus for what is left out.
Invariant: spans and counts match in number and no offset but the first is negative
(`series.soundness` checks it first).
"""

from collections.abc import Iterator, Mapping, Sequence

from series.histogram import BucketSpan

Counts = tuple[int, ...] | tuple[float, ...]


def absolute(counts: Counts, is_float: bool) -> list[float]:
    """What is in each bucket."""
    if is_float:
        return list(counts)
    found: list[float] = []
    total = 0
    for delta in counts:
        total += int(delta)
        found.append(total)
    return found


def encoded(counts: Sequence[float], is_float: bool) -> Counts:
    """Absolute counts as a histogram holds them: deltas if they are integers."""
    if is_float:
        return tuple(counts)
    whole = [int(count) for count in counts]
    return tuple([each - before for each, before in zip(whole, [0, *whole], strict=False)])


def indices(spans: Sequence[BucketSpan]) -> Iterator[int]:
    """The index of each bucket."""
    at = 0
    for span in spans:
        at += span.offset
        yield from range(at, at + span.length)
        at += span.length


def spans_of(counts: Mapping[int, float]) -> tuple[BucketSpan, ...]:
    """The spans of buckets with these indices, which ascend."""
    spans: list[BucketSpan] = []
    end = 0
    for index in counts:
        if spans and index == end:
            spans[-1] = BucketSpan(spans[-1].offset, spans[-1].length + 1)
        else:
            spans.append(BucketSpan(index - end, 1))
        end = index + 1
    return tuple(spans)


def packed(
    counts: Mapping[int, float], is_float: bool, kept_gap: int = 0
) -> tuple[tuple[BucketSpan, ...], Counts]:
    """Without empty buckets, but for gaps of at most `kept_gap`, which cost less than a span."""
    held: dict[int, float] = {}
    end = None
    for index, count in counts.items():
        if not count:
            continue
        if end is not None and index - end <= kept_gap:
            held.update(dict.fromkeys(range(end, index), 0))
        held[index] = count
        end = index + 1
    return spans_of(held), encoded(list(held.values()), is_float)


def compacted(
    spans: tuple[BucketSpan, ...], counts: Counts, is_float: bool
) -> tuple[tuple[BucketSpan, ...], Counts]:
    """The same without empty buckets and needless spans."""
    whole = absolute(counts, is_float)
    # Fast path: nothing to leave out.
    if all(whole) and all([span.length and span.offset for span in spans]):
        return spans, counts
    return packed(dict(zip(indices(spans), whole, strict=True)), is_float)
