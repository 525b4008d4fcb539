"""Remote write 2.0: what an independent receiver decodes, and that every MUST is kept."""

from array import array
from typing import Any

import pytest

from pushqueue.block import Encoding
from pushqueue.encode import Encoder, Limits
from pushqueue.wire.part import Part
from series.batch import Batch
from series.labels import canonical
from series.layout import Layout
from series.stale import STALE_NAN_BITS, stale_values
from series.template import Template
from tests.pushqueue.blocks import NOW_MS
from tests.pushqueue.receiver_v2 import Row, read
from tests.pushqueue.wire_batches import (
    CUSTOM,
    EXEMPLAR,
    FAMILIES,
    FLOATS,
    INTEGERS,
    UNSTAMPED,
    chunks,
    floats,
    holed,
    layout_of,
    natives,
)


def sent(*batches: Batch, encoder: Encoder | None = None, **options: Any) -> list[Row]:
    encoder = encoder or Encoder(Limits(), with_exemplars=True, **options)
    parts = [Part(batch, 0, len(batch)) for batch in batches]
    blocks = encoder.encode(parts, Encoding.RW2_SNAPPY, lane=3, created_ms=NOW_MS)
    rows = []
    for block in blocks:
        found = read(block.body)
        assert block.sample_count == len(found) == sum(each.sample_count for each in block.batches)
        rows += found
    return rows


def expected(batch: Batch) -> list[Row]:
    rows = []
    for at, template in enumerate(batch.layout.templates):
        labels = dict(template.labels(batch.chunks))
        rows.append(Row(labels=labels, value=batch.values[at], timestamp_ms=batch.timestamp_of(at)))
    return rows


NAMES = [f"metric_{number}_total" for number in range(300)]
IRREGULAR = Layout(
    (
        *holed(["a", "b"]).templates,
        Template.constant(canonical({"__name__": "own", "instance": "elsewhere", "job": "x"})),
    )
)


@pytest.mark.parametrize(
    "batches",
    [
        pytest.param([floats(layout_of(NAMES, job="node"))], id="more symbols than one byte holds"),
        pytest.param([floats(layout_of(["a"]))], id="a single series"),
        pytest.param(
            [floats(holed(NAMES), chunks=chunks(f"10.0.0.{n}:9100")) for n in range(3)],
            id="targets of one shape",
        ),
        pytest.param(
            [floats(layout_of(NAMES, job="node", instance=f"i{n}")) for n in range(3)],
            id="targets with equal pages",
        ),
        pytest.param(
            [floats(IRREGULAR, chunks=chunks("i1"))], id="series that lack some of the holes"
        ),
        pytest.param(
            [floats(holed(NAMES), chunks=chunks("é" * 200)), floats(layout_of(["up"]))],
            id="long values, other letters",
        ),
        pytest.param(
            [floats(layout_of(["a", "b"]), timestamps=array("q", [NOW_MS, NOW_MS + 1]))],
            id="timestamps of their own",
        ),
        pytest.param([floats(layout_of(["a", "b"]), timestamps=5)], id="an early timestamp"),
        pytest.param(
            [
                floats(
                    Layout((Template.constant(canonical({"__name__": "metric", "a": "metric"})),))
                )
            ],
            id="a value that is a name as well",
        ),
    ],
)
def test_floats_arrive(batches: list[Batch]) -> None:
    assert sent(*batches) == [row for batch in batches for row in expected(batch)]


def test_a_second_request_is_like_the_first() -> None:
    encoder = Encoder(Limits(), with_exemplars=True)
    shapes = holed(NAMES)
    for turn in range(4):
        batches = [floats(shapes, chunks=chunks(f"i{turn}")), floats(layout_of([f"x{turn}"]))]
        if turn % 2:
            batches.reverse()
        assert sent(*batches, encoder=encoder) == [row for b in batches for row in expected(b)]


def test_a_part_of_a_batch() -> None:
    batch = floats(holed(NAMES), chunks=chunks("i"), exemplars={5: (EXEMPLAR,)}, families=FAMILIES)
    encoder = Encoder(Limits(), with_exemplars=True)
    (block,) = encoder.encode([Part(batch, 4, 9)], Encoding.RW2_SNAPPY, lane=0, created_ms=NOW_MS)
    rows = read(block.body)
    assert [row.value for row in rows] == [4.0, 5.0, 6.0, 7.0, 8.0]
    assert [len(row.exemplars) for row in rows] == [0, 1, 0, 0, 0]
    assert block.exemplar_count == 1


def test_what_is_beside_the_values() -> None:
    batch = floats(
        layout_of(["m", "m_total", "other", "h_bucket"]),
        families=FAMILIES,
        exemplars={1: (EXEMPLAR, UNSTAMPED), 3: (UNSTAMPED,)},
        start_timestamps=array("q", [0, NOW_MS - 1000, 0, 0]),
    )
    exact, total, other, bucket = sent(batch)
    assert (exact.type, exact.help, exact.unit) == (1, "how often", "turns")
    assert (total.type, total.help, total.start_ms) == (1, "how often", NOW_MS - 1000)
    assert total.exemplars == (
        ({"trace_id": "abc"}, 0.5, NOW_MS - 5),
        ({"trace_id": "def", "zone": "é"}, 1.5, NOW_MS),
    )
    assert (other.type, other.help, other.unit) == (0, "", "")
    assert (bucket.type, bucket.help, len(bucket.exemplars)) == (3, "how long", 1)


def test_exemplars_are_left_out_where_they_are_not_wanted() -> None:
    batch = floats(layout_of(["m"]), exemplars={0: (EXEMPLAR,)})
    assert sent(batch, encoder=Encoder()) == expected(batch)


def test_native_histograms_arrive_whole() -> None:
    batch = natives(
        INTEGERS,
        FLOATS,
        CUSTOM,
        exemplars={0: (EXEMPLAR,)},
        start_timestamps=array("q", [NOW_MS - 9, 0, 0]),
        families=FAMILIES,
    )
    integers, counts, custom = sent(batch)
    got = integers.histogram
    assert (got.schema, got.count_int, got.sum, got.zero_count_int) == (1, 9, 3.5, 2)
    assert [(span.offset, span.length) for span in got.positive_spans] == [(-1, 2), (1, 1)]
    assert list(got.positive_deltas) == [1, 1, -1]
    assert list(got.negative_deltas) == [1]
    assert (got.zero_threshold, got.reset_hint, got.timestamp) == (0.001, 3, NOW_MS)
    assert (integers.start_ms, len(integers.exemplars)) == (NOW_MS - 9, 1)
    got = counts.histogram
    assert (got.schema, got.count_float, got.zero_count_float) == (-4, 4.5, 0.5)
    assert list(got.positive_counts) == [1.5, 2.5]
    got = custom.histogram
    assert (got.schema, list(got.custom_values), list(got.positive_deltas)) == (
        -53,
        [0.5, 2.5],
        [1, 1],
    )


@pytest.mark.parametrize(
    "batch",
    [
        pytest.param(
            floats(layout_of(["a", "b"]), values=stale_values(2), is_markers=True), id="of floats"
        ),
        pytest.param(natives(INTEGERS, is_markers=True), id="of native histograms"),
    ],
)
def test_markers_keep_their_bits(batch: Batch) -> None:
    assert {row.value_bits for row in sent(batch)} == {STALE_NAN_BITS}


def test_blocks_stay_within_the_bytes() -> None:
    batch = floats(layout_of(NAMES, filler="x" * 50))
    encoder = Encoder(Limits(max_bytes=4000))
    rows = sent(batch, encoder=encoder)
    assert rows == expected(batch)
    parts = [Part(batch, 0, len(batch))]
    blocks = list(encoder.encode(parts, Encoding.RW2_SNAPPY, lane=0, created_ms=NOW_MS))
    assert len(blocks) > 1


def test_blocks_stay_within_the_compressed_bytes() -> None:
    encoder = Encoder(Limits(max_packed_bytes=1500))
    batch = floats(layout_of(NAMES))
    parts = [Part(batch, 0, len(batch))]
    blocks = list(encoder.encode(parts, Encoding.RW2_SNAPPY, lane=0, created_ms=NOW_MS))
    assert max(len(block.body) for block in blocks) <= 1500
    assert sent(batch, encoder=encoder) == expected(batch)
