"""Remote write 2.0 as it arrives, as google.protobuf wrote it."""

from typing import Any

import pytest
import snappy
import zstandard

from receivers.errors import DecodeError
from receivers.remote_write import WriteRequest, decode
from receivers.remote_write_v2 import PROTO_2, to_v1
from series.metadata import Metadata, MetricType
from tests.pushqueue.blocks import NOW_MS
from tests.pushqueue.protos_v2 import Request

TYPE = f"application/x-protobuf;proto={PROTO_2}"
SYMBOLS = ["", "__name__", "up", "job", "a", "trace_id", "b", "is it up", "sides"]
UP = {
    "labels_refs": [1, 2, 3, 4],
    "samples": [{"value": 1.5, "timestamp": NOW_MS, "start_timestamp": 7}],
    "exemplars": [{"labels_refs": [5, 6], "value": 2, "timestamp": NOW_MS}],
    "metadata": {"type": 2, "help_ref": 7, "unit_ref": 8},
}
NATIVE = {
    "labels_refs": [1, 4],
    "histograms": [{"count_int": 3, "sum": 1.0, "schema": -53, "custom_values": [1.0]}],
}


def received(*series: Any, symbols: list[str] = SYMBOLS) -> WriteRequest:
    message = Request(symbols=symbols, timeseries=series).SerializeToString()
    return decode(snappy.compress(message), content_type=TYPE)


def test_all_of_it() -> None:
    request = received(UP, NATIVE)
    up, native = request.series()
    assert (up.labels, list(up.values), list(up.timestamps)) == (
        (("__name__", "up"), ("job", "a")),
        [1.5],
        [NOW_MS],
    )
    assert native.labels == (("__name__", "a"),)
    assert (request.sample_count, request.histogram_count, request.exemplar_count) == (1, 1, 1)
    assert request.metadata == (Metadata("up", MetricType.GAUGE, "is it up", "sides"),)


def test_by_zstd() -> None:
    message = Request(symbols=SYMBOLS, timeseries=[UP]).SerializeToString()
    body = zstandard.compress(message)
    request = decode(body, content_type=TYPE, content_encoding="zstd")
    assert (request.sample_count, request.decoded_bytes) == (1, len(message))


def test_a_type_that_is_not_known_is_unknown() -> None:
    request = received({**UP, "metadata": {"type": 99, "help_ref": 7}})
    assert request.metadata == (Metadata("up", MetricType.UNKNOWN, "is it up"),)


@pytest.mark.parametrize(
    "series",
    [
        pytest.param({"labels_refs": [1, 99]}, id="a reference beyond the symbols"),
        pytest.param({"labels_refs": [1]}, id="half a label"),
        pytest.param({**UP, "metadata": {"help_ref": 99}}, id="help beyond the symbols"),
        pytest.param(
            {**UP, "exemplars": [{"labels_refs": [5, 99]}]}, id="an exemplar beyond the symbols"
        ),
    ],
)
def test_a_bad_request(series: Any) -> None:
    with pytest.raises(DecodeError, match="protobuf"):
        received(series)


def test_what_unfolds_without_end_is_refused() -> None:
    symbols = ["", "x" * 100_000]
    bomb = Request(symbols=symbols, timeseries=[{"labels_refs": [1] * 100_000}])
    with pytest.raises(DecodeError, match="unfold"):
        to_v1(bomb.SerializeToString(), 200_000)
