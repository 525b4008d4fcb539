import struct
from array import array
from typing import Any

import pytest
import snappy
import zstandard
from google.protobuf.message import DecodeError as GoogleError
from hypothesis import given
from hypothesis import strategies as st

from receivers.errors import DecodeError
from receivers.remote_write import KnownLabels, WriteRequest, decode
from series.batch import Batch
from series.frame import frame
from series.labels import Labels
from series.layout import Layout
from series.metadata import Metadata, MetricType
from series.stale import STALE_NAN_BYTES, stale_values
from series.template import Template
from series.wire import encode_labels
from tests.receivers import protos

UP: Labels = (("__name__", "up"), ("job", "a"))
NOW_MS = 1_795_500_000_000

texts = st.text(max_size=12)
doubles = st.floats(width=64)
int64s = st.integers(-(2**63), 2**63 - 1)
labels = st.fixed_dictionaries({"name": texts, "value": texts})
samples = st.fixed_dictionaries({"value": doubles, "timestamp": int64s})
exemplars = st.fixed_dictionaries(
    {"labels": st.lists(labels, max_size=2), "value": doubles, "timestamp": int64s}
)
histograms = st.fixed_dictionaries({"schema": st.integers(-4, 8), "sum": doubles})
series = st.fixed_dictionaries(
    {
        "labels": st.lists(labels, max_size=4),
        "samples": st.lists(samples, max_size=3),
        "exemplars": st.lists(exemplars, max_size=1),
        "histograms": st.lists(histograms, max_size=1),
    }
)
metadata = st.fixed_dictionaries(
    {
        "type": st.integers(0, 9),
        "metric_family_name": texts,
        "help": texts,
        "unit": texts,
    }
)
requests = st.fixed_dictionaries(
    {"timeseries": st.lists(series, max_size=4), "metadata": st.lists(metadata, max_size=2)}
)
unknown = st.builds(
    lambda **fields: protos.Unknown(**fields).SerializeToString(),
    text=texts,
    number=doubles,
    varint=st.integers(0, 2**64 - 1),
    labels=st.lists(labels, max_size=1),
)

Shape = list[tuple[Labels, list[tuple[bytes, int]]]]


def by_google(message: Any) -> Shape:
    """Series with their samples, values as bits."""
    return [
        (
            tuple((label.name, label.value) for label in one.labels),
            [(struct.pack("<d", sample.value), sample.timestamp) for sample in one.samples],
        )
        for one in message.timeseries
    ]


def by_us(request: WriteRequest) -> Shape:
    shape = []
    for one in request.series():
        raw = one.values.tobytes()
        values = [raw[at : at + 8] for at in range(0, len(raw), 8)]
        shape.append((one.labels, list(zip(values, one.timestamps, strict=True))))
    return shape


def read(message: bytes, known: KnownLabels | None = None) -> WriteRequest:
    return decode(message, content_encoding="identity", known=known)


@given(requests, st.lists(unknown, max_size=2))
def test_reads_what_google_protobuf_wrote(content: dict[str, Any], extra: list[bytes]) -> None:
    message = protos.WriteRequest(**content)
    for one, more in zip(message.timeseries, extra, strict=False):
        one.MergeFromString(more)  # fields of a later version, within and at the top
    wire = message.SerializeToString() + b"".join(extra)
    request = read(wire)
    assert by_us(request) == by_google(message)
    assert request.exemplar_count == sum(len(one.exemplars) for one in message.timeseries)
    assert request.histogram_count == sum(len(one.histograms) for one in message.timeseries)
    assert [(one.family, one.help, one.unit) for one in request.metadata] == [
        (one.metric_family_name, one.help, one.unit) for one in message.metadata
    ]
    assert [one.type for one in request.metadata] == [
        one.type if one.type < 8 else 0 for one in message.metadata
    ]


@given(requests)
def test_a_memo_changes_nothing(content: dict[str, Any]) -> None:
    wire = protos.WriteRequest(**content).SerializeToString()
    known = KnownLabels()
    first, second = read(wire, known), read(wire, known)
    assert by_us(first) == by_us(second) == by_us(read(wire))
    assert first.encoded == second.encoded


@given(st.binary(max_size=300))
def test_any_bytes_are_read_as_google_protobuf_reads_them_or_refused(wire: bytes) -> None:
    _compare(wire, None)


def _compare(wire: bytes, known: KnownLabels | None) -> None:
    try:
        request = read(wire, known)
    except DecodeError:
        return
    try:
        theirs = by_google(protos.WriteRequest.FromString(wire))
    except GoogleError:
        # What we only count, we do not read; nothing else may be damaged unnoticed.
        assert request.exemplar_count or request.histogram_count
    else:
        assert by_us(request) == theirs


@given(requests, st.data())
def test_a_damaged_message_is_read_as_google_protobuf_reads_it_or_refused(
    content: dict[str, Any], data: st.DataObject
) -> None:
    wire = bytearray(protos.WriteRequest(**content).SerializeToString())
    known = KnownLabels()
    read(bytes(wire), known)
    for _ in range(data.draw(st.integers(1, 3))):
        if wire:
            wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    _compare(bytes(wire), known)


@given(st.binary(max_size=300), st.sampled_from(["snappy", "zstd", "identity", ""]))
def test_any_body_is_decoded_or_refused(body: bytes, encoding: str) -> None:
    try:
        decode(body, content_encoding=encoding, max_decoded_bytes=1000)
    except DecodeError as exc:
        assert exc.status in (400, 413)  # noqa: PT017 - that it is raised is not the point


def test_reads_what_this_house_sends() -> None:
    layout = Layout((Template.constant(UP), Template.constant((("__name__", "x"),))))
    batch = Batch(lane_key=1, layout=layout, values=array("d", [1, 0.5]), timestamps=NOW_MS)
    request = decode(snappy.compress(frame(batch)))
    assert [one.labels for one in request.series()] == [UP, (("__name__", "x"),)]
    assert request.encoded[0] == encode_labels(UP)
    assert list(request.values) == [1, 0.5]
    assert list(request.timestamps) == [NOW_MS] * 2
    assert request.sample_count == 2


@pytest.mark.parametrize("with_memo", [False, True])
def test_a_staleness_marker_keeps_its_bits(with_memo: bool) -> None:
    layout = Layout((Template.constant(UP),))
    markers = Batch(lane_key=1, layout=layout, values=stale_values(1), timestamps=NOW_MS)
    known = KnownLabels() if with_memo else None
    for _ in range(2):
        assert read(frame(markers), known).values.tobytes() == STALE_NAN_BYTES


def test_metadata() -> None:
    wire = protos.WriteRequest(
        metadata=[{"type": 1, "metric_family_name": "a_total", "help": "Of a.", "unit": "bytes"}]
    ).SerializeToString()
    assert read(wire).metadata == (Metadata("a_total", MetricType.COUNTER, "Of a.", "bytes"),)


def test_a_memo_is_bounded() -> None:
    known = KnownLabels(max_entries=10, max_bytes=1000)
    for number in range(1000):
        known.put(b"%d" % number)
        assert len(known) <= 10
    known.put(b"x" * 2000)
    known.put(b"y")
    assert len(known) == 1


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("application/x-protobuf", id="plain"),
        pytest.param("Application/X-Protobuf", id="in any letter case"),
        pytest.param("application/x-protobuf;proto=prometheus.WriteRequest", id="with the message"),
        pytest.param("application/x-protobuf; charset=x", id="with another parameter"),
        pytest.param("", id="none, as old senders do"),
    ],
)
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        pytest.param("snappy", snappy.compress, id="snappy"),
        pytest.param("", snappy.compress, id="no encoding is snappy"),
        pytest.param("Zstd", zstandard.compress, id="zstd"),
        pytest.param("identity", bytes, id="as it is"),
    ],
)
def test_types_and_encodings_that_are_taken(content_type: str, encoding: str, pack: Any) -> None:
    wire = protos.WriteRequest(timeseries=[{"samples": [{"value": 1}]}]).SerializeToString()
    request = decode(pack(wire), content_encoding=encoding, content_type=content_type)
    assert request.sample_count == 1
    assert request.decoded_bytes == len(wire)


@pytest.mark.parametrize(
    ("content_type", "encoding", "status", "message"),
    [
        pytest.param("text/plain", "snappy", 415, "'text/plain'; send application", id="text"),
        pytest.param("application/json", "snappy", 415, "application/json", id="JSON"),
        pytest.param(
            "application/x-protobuf;proto=io.prometheus.write.v3.Request",
            "snappy",
            415,
            "proto=io.prometheus.write.v3.Request; prometheus.WriteRequest or io.prom",
            id="a message that nobody knows",
        ),
        pytest.param("", "gzip", 415, "'gzip'; snappy or zstd", id="gzip"),
        pytest.param("", "identity", 413, "at most 10", id="too large"),
        pytest.param("", "snappy", 413, "at most 10", id="too large when unpacked"),
    ],
)
def test_what_is_refused_and_how(
    content_type: str, encoding: str, status: int, message: str
) -> None:
    body = b"x" * 50 if encoding == "identity" else snappy.compress(b"x" * 50)
    with pytest.raises(DecodeError, match=message) as caught:
        decode(body, content_encoding=encoding, content_type=content_type, max_decoded_bytes=10)
    assert caught.value.status == status


def test_a_text_that_is_not_utf8_is_refused() -> None:
    wire = protos.WriteRequest(timeseries=[{"labels": [{"name": "a", "value": "bcd"}]}])
    with pytest.raises(DecodeError, match="utf8: a text is not UTF-8"):
        read(wire.SerializeToString().replace(b"bcd", b"b\xffd"))
