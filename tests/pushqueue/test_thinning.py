"""Which batches of a Block are left out, in every encoding."""

from collections.abc import Sequence

import attrs
import pytest

from pushqueue.block import Block, Encoding
from pushqueue.codec import CodecError, series_of
from pushqueue.encode import Encoder
from pushqueue.thinning import Thinner
from pushqueue.wire.part import Part
from series.batch import Batch
from tests.pushqueue.blocks import NOW_MS, batch, block, layout

Tick = tuple[int, int]  # key, seconds


def made(batches: Sequence[Batch], encoding: Encoding = Encoding.RW1_SNAPPY) -> Block:
    parts = [Part(each, 0, len(each)) for each in batches]
    (only,) = Encoder().encode(parts, encoding, lane=3, created_ms=NOW_MS)
    return only


def tick(key: int, second: int, **fields: bool) -> Batch:
    of = layout(2, f"k{key}")
    return batch(2, key=key, time_ms=NOW_MS + 1000 * second, of=of, **fields)


def ticks_in(thin: Block | None) -> list[Tick]:
    """Of the body itself, not of the table."""
    if thin is None:
        return []
    assert thin.sample_count == len(series_of(thin)) == sum(e.sample_count for e in thin.batches)
    found = []
    for series in series_of(thin):
        name = dict(series.labels)["__name__"]
        (sample,) = series.samples
        one = (int(name[1:].partition("_")[0]), (sample.timestamp_ms - NOW_MS) // 1000)
        if one not in found:
            found.append(one)
    return found


@pytest.mark.parametrize("encoding", [Encoding.RW1_SNAPPY, Encoding.RW1_ZSTD, Encoding.RW2_SNAPPY])
@pytest.mark.parametrize(
    ("batches", "left"),
    [
        pytest.param(
            [tick(1, at) for at in range(5)], [(1, 0), (1, 2), (1, 4)], id="every second tick goes"
        ),
        pytest.param(
            [tick(key, at) for at in range(3) for key in (1, 2)],
            [(1, 0), (2, 0), (1, 2), (2, 2)],
            id="each target by itself",
        ),
        pytest.param(
            [tick(1, 0), tick(1, 1, is_markers=True), tick(1, 2), tick(1, 3)],
            [(1, 0), (1, 1), (1, 3)],
            id="markers stay and count for nothing",
        ),
        pytest.param(
            [tick(1, at, is_pushed=True) for at in range(4)],
            [(1, 0), (1, 1), (1, 2), (1, 3)],
            id="pushed data stays",
        ),
        pytest.param([tick(1, 0), tick(1, 5)], [(1, 0), (1, 5)], id="two times are one tick"),
    ],
)
def test_what_stays(encoding: Encoding, batches: list[Batch], left: list[Tick]) -> None:
    assert ticks_in(Thinner().thin(made(batches, encoding))) == left


def test_it_goes_on_from_block_to_block() -> None:
    thinner = Thinner()
    blocks = [made([tick(1, at), tick(2, at, is_markers=at == 3)]) for at in range(6)]
    left = [ticks_in(thinner.thin(each)) for each in blocks]
    assert [(1, at) in ticks for at, ticks in enumerate(left)] == [True, False] * 3
    assert (2, 3) in left[3]


def test_names_and_bounds_stay() -> None:
    whole = made([tick(1, at) for at in range(5)])
    thin = Thinner().thin(whole)
    assert thin is not None
    assert (thin.lane, thin.created_ms, thin.encoding) == (3, NOW_MS, whole.encoding)
    assert thin.oldest_ms <= NOW_MS
    assert thin.newest_ms >= NOW_MS + 4000
    assert len(thin.body) < len(whole.body)


def test_what_the_table_does_not_tell_stays() -> None:
    whole = block(1)
    assert Thinner().thin(whole) is whole


def test_a_broken_body_is_an_error() -> None:
    whole = made([tick(1, at) for at in range(5)])
    with pytest.raises(CodecError):
        Thinner().thin(attrs.evolve(whole, body=whole.body[:-5]))
