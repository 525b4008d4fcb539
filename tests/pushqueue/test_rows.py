"""What is alike stands together in a message, and no series is turned round by it."""

from array import array
from collections import defaultdict
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushqueue.block import Block
from pushqueue.codec import decode, series_ends, split
from pushqueue.encode import encode
from pushqueue.wire.frame_v1 import frame_v1
from pushqueue.wire.part import Part
from pushqueue.wire.rows import Rows, in_rows
from series.batch import Batch
from series.exemplar import Exemplar
from series.layout import Layout
from series.template import Template
from series.wire import encode_label
from tests.pushqueue.blocks import NOW_MS, layout

WIDE = Layout(
    tuple(Template((encode_label("__name__", f"a_{at:03}"), b""), (0,)) for at in range(100))
)
NARROW = Layout(WIDE.templates[:10])
OTHER = Layout(WIDE.templates[5:15])


def scraped(
    key: int,
    of: Layout = WIDE,
    time_ms: "int | array[int]" = NOW_MS,
    *,
    is_markers: bool = False,
    exemplars: dict[int, tuple[Exemplar, ...]] | None = None,
) -> Batch:
    return Batch(
        lane_key=key,
        layout=of,
        values=array("d", [key + at / 1000 for at in range(len(of))]),
        timestamps=time_ms,
        chunks=(encode_label("instance", f"host-{key}"),),
        is_markers=is_markers,
        exemplars=exemplars,
    )


def whole(*batches: Batch) -> list[Part]:
    return [Part(each, 0, len(each)) for each in batches]


def shown(parts: list[Part]) -> list[tuple[int, int, int]]:
    """Lane key and range of each piece, in the order of the message."""
    pieces: list[Part] = []
    for item in in_rows(parts):
        pieces += item.pieces() if isinstance(item, Rows) else [item]
    return [(piece.batch.lane_key, piece.start, piece.stop) for piece in pieces]


TIMES = array("q", [NOW_MS] * 100)
EXEMPLARS: dict[int, tuple[Exemplar, ...]] = {0: (Exemplar((("t", "x"),), 1.0, NOW_MS),)}


@pytest.mark.parametrize(
    ("batches", "order"),
    [
        pytest.param((), [], id="nothing"),
        pytest.param((scraped(1),), [(1, 0, 100)], id="one alone stays whole"),
        pytest.param(
            (scraped(1), scraped(2)),
            [(1, 0, 33), (2, 0, 33), (1, 33, 66), (2, 33, 66), (1, 66, 100), (2, 66, 100)],
            id="two of one layout and time go piece by piece",
        ),
        pytest.param(
            (scraped(1, NARROW), scraped(2, NARROW)),
            [(1, 0, 10), (2, 0, 10)],
            id="small ones are not cut",
        ),
        pytest.param(
            (scraped(1, NARROW), scraped(2, layout(5)), scraped(3, NARROW)),
            [(1, 0, 10), (3, 0, 10), (2, 0, 5)],
            id="like stands by like",
        ),
        pytest.param(
            (scraped(1, NARROW), scraped(2, OTHER), scraped(2, NARROW)),
            [(1, 0, 10), (2, 0, 10), (2, 0, 10)],
            id="but a target's batches keep their order",
        ),
        pytest.param(
            (scraped(1), scraped(2, time_ms=NOW_MS + 1)),
            [(1, 0, 100), (2, 0, 100)],
            id="never across timestamps",
        ),
        pytest.param(
            (scraped(1, NARROW), scraped(1, NARROW), scraped(2, NARROW)),
            [(1, 0, 10), (1, 0, 10), (2, 0, 10)],
            id="the same target twice keeps its order",
        ),
        pytest.param(
            (scraped(1, NARROW), scraped(1, NARROW, is_markers=True), scraped(2, NARROW)),
            [(1, 0, 10), (1, 0, 10), (2, 0, 10)],
            id="nothing passes markers",
        ),
        pytest.param(
            (scraped(1, time_ms=TIMES), scraped(2, time_ms=TIMES)),
            [(1, 0, 100), (2, 0, 100)],
            id="what has timestamps of its own stays whole",
        ),
        pytest.param(
            (scraped(1, exemplars=EXEMPLARS), scraped(2, exemplars=EXEMPLARS)),
            [(1, 0, 100), (2, 0, 100)],
            id="so does what has exemplars",
        ),
    ],
)
def test_the_order_of_pieces(batches: tuple[Batch, ...], order: list[tuple[int, int, int]]) -> None:
    assert shown(whole(*batches)) == order


def test_parts_of_other_ranges_are_not_alike() -> None:
    parts = [Part(scraped(1), 0, 90), Part(scraped(2), 0, 100)]
    assert shown(parts) == [(1, 0, 90), (2, 0, 100)]


def test_no_row_holds_much_more_than_a_compressor_looks_back_at() -> None:
    parts = whole(*[scraped(key) for key in range(200)])
    counts = [sum(item.counts()) for item in in_rows(parts) if isinstance(item, Rows)]
    assert sum(counts) == 200 * 100
    assert max(counts) <= 640


BATCHES = st.lists(
    st.builds(
        scraped,
        st.integers(0, 4),
        st.sampled_from([WIDE, NARROW, OTHER]),
        st.sampled_from([NOW_MS, NOW_MS + 1]),
        is_markers=st.booleans(),
    ),
    max_size=12,
)


@given(BATCHES)
def test_all_samples_are_there_once_and_each_series_in_its_order(batches: list[Batch]) -> None:
    parts = whole(*sorted(batches, key=Batch.newest_ms))
    blocks = list(encode(parts, lane=0, created_ms=NOW_MS, max_bytes=0))
    framed = [series for block in blocks for series in _series(block)]
    before = [series for part in parts for series in _cut(frame_v1(part, with_exemplars=False))]
    assert sorted(framed) == sorted(before)
    assert _by_labels(framed) == _by_labels(before)
    for block in blocks:
        assert sum(entry.framed_bytes for entry in block.batches) == len(decode(block))
        assert sum(entry.sample_count for entry in block.batches) == block.sample_count
        times = [entry.time_ms for entry in block.batches]
        assert all(older <= newer for older, newer in pairwise(times))


def _series(block: Block) -> list[bytes]:
    return _cut(decode(block))


def _cut(message: bytes) -> list[bytes]:
    return [message[start:end] for start, end in pairwise([0, *series_ends(message)])]


def _by_labels(framed: list[bytes]) -> dict[bytes, list[bytes]]:
    """The samples of each series, in order; 16 bytes and two of the field end a series."""
    found = defaultdict(list)
    for series in framed:
        found[series[:-18]].append(series[-18:])
    return found


@given(st.integers(1, 2000))
def test_a_message_within_a_bound_that_no_row_fits(max_bytes: int) -> None:
    parts = whole(scraped(1), scraped(2))
    blocks = list(encode(parts, lane=0, created_ms=NOW_MS, max_bytes=max_bytes))
    assert sum(block.sample_count for block in blocks) == 200
    assert all(len(decode(block)) <= max_bytes or block.sample_count == 1 for block in blocks)


def test_a_split_puts_a_target_into_one_half() -> None:
    (block,) = encode(whole(scraped(1), scraped(2)), lane=0, created_ms=NOW_MS, max_bytes=0)
    halves = split(block)
    assert [{entry.lane_key for entry in half.batches} for half in halves] == [{1}, {2}]
    assert [half.sample_count for half in halves] == [100, 100]
    assert sorted(_series(block)) == sorted(_series(halves[0]) + _series(halves[1]))
    assert all(b"host-1" in series for series in _series(halves[0]))
