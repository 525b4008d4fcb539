import struct
from array import array
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from hypothesis import given
from hypothesis import strategies as st

from series.batch import Batch
from series.frame import frame
from series.labels import Labels, canonical
from series.layout import Layout
from series.stale import STALE_NAN_BYTES, stale_values
from series.template import Template
from series.wire import encode_label, encode_labels


def _write_request() -> Any:
    """`prometheus.WriteRequest`, cut to labels and samples, as google.protobuf reads it."""
    file = descriptor_pb2.FileDescriptorProto(name="frame_oracle.proto", syntax="proto3")
    field = descriptor_pb2.FieldDescriptorProto

    def message(name: str, *fields: tuple[str, int, int, str]) -> None:
        made = file.message_type.add(name=name)
        for field_name, number, kind, type_name in fields:
            repeated = field.LABEL_REPEATED if type_name else field.LABEL_OPTIONAL
            added = made.field.add(name=field_name, number=number, type=kind, label=repeated)
            if type_name:
                added.type_name = type_name

    message("Label", ("name", 1, field.TYPE_STRING, ""), ("value", 2, field.TYPE_STRING, ""))
    message("Sample", ("value", 1, field.TYPE_DOUBLE, ""), ("timestamp", 2, field.TYPE_INT64, ""))
    message(
        "TimeSeries",
        ("labels", 1, field.TYPE_MESSAGE, ".Label"),
        ("samples", 2, field.TYPE_MESSAGE, ".Sample"),
    )
    message("WriteRequest", ("timeseries", 1, field.TYPE_MESSAGE, ".TimeSeries"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("WriteRequest"))


WriteRequest = _write_request()


def decoded(framed: bytes) -> list[tuple[Labels, list[tuple[bytes, int]]]]:
    """Each series with its samples; values as bits, so that markers compare."""
    return [
        (
            tuple((label.name, label.value) for label in series.labels),
            [(struct.pack("<d", sample.value), sample.timestamp) for sample in series.samples],
        )
        for series in WriteRequest.FromString(framed).timeseries
    ]


def bits(value: float) -> bytes:
    return struct.pack("<d", value)


UP = (("__name__", "up"), ("instance", "a:1"), ("job", "x"))
DOWN = (("__name__", "down"), ("instance", "a:1"), ("job", "x"))
NOW = 1_790_000_000_000


def batch_of(timestamps: "int | array[int]", **labels_of: float) -> Batch:
    layout = Layout(tuple(Template.constant((("__name__", name),)) for name in labels_of))
    return Batch(
        lane_key=0, layout=layout, values=array("d", labels_of.values()), timestamps=timestamps
    )


@pytest.mark.parametrize(
    "timestamp",
    [
        pytest.param(NOW, id="now"),
        pytest.param(0, id="the epoch"),
        pytest.param(-1, id="before the epoch"),
        pytest.param(2**35 - 1, id="the last of five bytes"),
        pytest.param(2**35, id="the first of six bytes"),
        pytest.param(2**42 - 1, id="the last of six bytes"),
        pytest.param(2**42, id="the first of seven bytes"),
        pytest.param(2**63 - 1, id="the end of time"),
    ],
)
def test_one_timestamp_for_all(timestamp: int) -> None:
    framed = frame(batch_of(timestamp, a=1.5, b=-0.0))
    assert decoded(framed) == [
        ((("__name__", "a"),), [(bits(1.5), timestamp)]),
        ((("__name__", "b"),), [(bits(-0.0), timestamp)]),
    ]


def test_a_timestamp_for_each() -> None:
    framed = frame(batch_of(array("q", [NOW, -5]), a=1.0, b=2.0))
    assert [samples for _, samples in decoded(framed)] == [[(bits(1.0), NOW)], [(bits(2.0), -5)]]


def test_a_range_of_a_batch() -> None:
    whole = batch_of(NOW, a=1.0, b=2.0, c=3.0)
    assert frame(whole, 0, 1) + frame(whole, 1, 3) == frame(whole)
    assert frame(whole, 1, 1) == b""


def test_the_staleness_marker_keeps_its_bits() -> None:
    layout = Layout((Template.constant(UP),))
    for timestamps in (NOW, array("q", [NOW])):
        batch = Batch(lane_key=0, layout=layout, values=stale_values(1), timestamps=timestamps)
        assert STALE_NAN_BYTES in frame(batch)


def test_holes_are_filled_with_the_targets_chunks() -> None:
    template = Template((encode_labels((("__name__", "up"),)), b"", b""), holes=(0, 1))
    layout = Layout((template,))
    chunks = (encode_label("instance", "a:1"), encode_label("job", "x"))
    batch = Batch(
        lane_key=0, layout=layout, chunks=chunks, values=array("d", [1.0]), timestamps=NOW
    )
    assert decoded(frame(batch)) == [(UP, [(bits(1.0), NOW)])]
    assert template.labels(chunks) == UP


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.text(min_size=1, max_size=20), st.text(min_size=1, max_size=150)),
            st.floats(allow_nan=False),
            st.integers(-(2**63), 2**63 - 1),
        ),
        max_size=8,
    )
)
def test_google_protobuf_reads_what_was_framed(
    samples: list[tuple[dict[str, str], float, int]],
) -> None:
    layout = Layout(tuple(Template.constant(canonical(labels)) for labels, _, _ in samples))
    batch = Batch(
        lane_key=0,
        layout=layout,
        values=array("d", [value for _, value, _ in samples]),
        timestamps=array("q", [timestamp for _, _, timestamp in samples]),
    )
    assert decoded(frame(batch)) == [
        (canonical(labels), [(bits(value), timestamp)]) for labels, value, timestamp in samples
    ]
