"""Remote write to batches: nothing is left behind, a bad series costs itself alone."""

import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushqueue.wire.frame_v1 import frame_v1
from pushqueue.wire.message import read_v1
from pushqueue.wire.part import Part
from receivers.errors import DecodeError
from receivers.known_series import KnownSeries
from receivers.remote_write import PROTO_1
from receivers.remote_write_receive import RemoteWriteReceiver, all_of
from receivers.remote_write_series import Written
from receivers.remote_write_v2 import PROTO_2
from series.labels import readable
from series.stale import STALE_NAN_BITS
from tests.pushqueue import protos_v2
from tests.receivers import protos

MIB = 2**20
NOW_MS = 1_795_500_000_000
STALE: float = struct.unpack("<d", struct.pack("<Q", STALE_NAN_BITS))[0]


def series(name: str = "up", *samples: float, **more: Any) -> dict[str, Any]:
    labels = {"__name__": name, **more.pop("labels", {})}
    return {
        "labels": [{"name": key, "value": value} for key, value in labels.items()],
        "samples": [{"value": value, "timestamp": NOW_MS + at} for at, value in enumerate(samples)],
        **more,
    }


def message_of(*all_series: dict[str, Any], **more: Any) -> bytes:
    data: bytes = protos.WriteRequest(timeseries=list(all_series), **more).SerializeToString()
    return data


def take(
    data: bytes, receiver: RemoteWriteReceiver | None = None, *, proto: str = PROTO_1
) -> Written:
    receiver = receiver or RemoteWriteReceiver(KnownSeries({}))
    return all_of(receiver.take(data, proto=proto, max_bytes=MIB))


def names(written: Written) -> set[str]:
    return {
        readable(template.labels())
        for batch in written.batches
        for template in batch.layout.templates
    }


def framed(written: Written) -> bytes:
    """As a remote of 1.0 would get it."""
    parts = [Part(batch, 0, len(batch)) for batch in written.batches]
    return b"".join([frame_v1(part, with_exemplars=True) for part in parts])


HISTOGRAM = {
    "count_int": 5,
    "sum": 2.5,
    "schema": 1,
    "zero_threshold": 0.001,
    "zero_count_int": 1,
    "positive_spans": [{"offset": 0, "length": 2}],
    "positive_deltas": [1, 2],
    "reset_hint": 2,
    "timestamp": NOW_MS,
}


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param([series("up", 1.0)], id="a float"),
        pytest.param([series("up", 1.0, 2.0, 3.0)], id="several samples"),
        pytest.param([series("up", STALE)], id="a staleness marker, bit for bit"),
        pytest.param([series("h", histograms=[HISTOGRAM])], id="a native histogram"),
        pytest.param(
            [
                series(
                    "h",
                    histograms=[
                        {
                            "count_float": 2.5,
                            "sum": 1.0,
                            "schema": 0,
                            "zero_count_float": 0.5,
                            "negative_spans": [{"offset": -1, "length": 1}],
                            "negative_counts": [2.0],
                            "timestamp": NOW_MS,
                        }
                    ],
                )
            ],
            id="a native histogram of floats",
        ),
        pytest.param(
            [
                series(
                    "up",
                    1.0,
                    exemplars=[
                        {
                            "labels": [{"name": "trace_id", "value": "x"}],
                            "value": 0.5,
                            "timestamp": NOW_MS - 5,
                        }
                    ],
                )
            ],
            id="an exemplar",
        ),
    ],
)
def test_what_comes_goes_on(sent: list[dict[str, Any]]) -> None:
    data = message_of(*sent)
    got = list(read_v1(framed(take(data))))
    (wanted,) = read_v1(data)
    assert {one.labels for one in got} == {wanted.labels}
    assert [sample for one in got for sample in one.samples] == list(wanted.samples)
    assert [exemplar for one in got for exemplar in one.exemplars] == list(wanted.exemplars)
    again = [protos_histogram(each) for one in got for each in one.histograms]
    assert again == [protos_histogram(each) for each in wanted.histograms]


def protos_histogram(data: bytes) -> Any:
    framed = protos.TimeSeries.FromString(b"\x22" + bytes([len(data)]) + data)
    return framed.histograms[0]


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        pytest.param({"labels": [], "samples": [{"value": 1}]}, "no metric name", id="no labels"),
        pytest.param(series("", 1.0), "no metric name", id="an empty name"),
        pytest.param(
            {**series("a", 1.0), "labels": [{"name": "__name__", "value": "a"}] * 2},
            "twice",
            id="a label twice",
        ),
        pytest.param(series("a", 1.0, labels={"": "x"}), "no name", id="a label without a name"),
        pytest.param(
            series("a", histograms=[{**HISTOGRAM, "positive_deltas": [1]}]),
            "spans need 2",
            id="spans and buckets disagree",
        ),
    ],
)
def test_a_bad_series_costs_itself_alone(bad: dict[str, Any], why: str) -> None:
    written = take(message_of(bad, series("good", 1.0)))
    assert names(written) == {"good"}
    assert (written.samples, written.rejected) == (1, 1)
    assert why in written.reasons[0]


def test_labels_are_brought_in_order_with_external_and_extra_ones() -> None:
    receiver = RemoteWriteReceiver(KnownSeries({"site": "s", "job": "never"}))
    data = message_of(series("up", 1.0, labels={"z": "1", "job": "j", "b": ""}))
    for _ in range(2):  # new, then known
        assert names(take(data, receiver)) == {'up{job="j",site="s",z="1"}'}
    extra = receiver.take(data, proto=PROTO_1, max_bytes=MIB, extra=(("z", "2"),))
    assert names(all_of(extra)) == {'up{job="j",site="s",z="2"}'}


def test_a_known_request_makes_the_same_batches() -> None:
    data = message_of(*[series(f"m{at}", float(at)) for at in range(100)])
    receiver = RemoteWriteReceiver(KnownSeries({}))
    first, second = take(data, receiver), take(data, receiver)
    assert [batch.layout for batch in first.batches] == [batch.layout for batch in second.batches]
    assert [batch.values for batch in first.batches] == [batch.values for batch in second.batches]
    assert second.samples == 100


def test_one_job_and_instance_share_a_lane() -> None:
    sent = [series(f"m{at}", 1.0, labels={"job": "j", "instance": f"i{at % 3}"}) for at in range(9)]
    for batch in take(message_of(*sent)).batches:
        found = {dict(one.labels())["instance"] for one in batch.layout.templates}
        others = {
            dict(one.labels())["instance"]
            for other in take(message_of(*sent)).batches
            if other.lane_key != batch.lane_key
            for one in other.layout.templates
        }
        assert not found & others


def test_metadata_is_told() -> None:
    written = take(message_of(metadata=[{"type": 1, "metric_family_name": "a", "help": "h"}]))
    assert [(one.family, one.type, one.help) for one in written.metadata] == [("a", 1, "h")]


SYMBOLS = ["", "__name__", "up", "help", "job", "j"]


@pytest.mark.parametrize(
    ("sent", "samples", "rejected"),
    [
        pytest.param(
            {"labels_refs": [1, 2, 4, 5], "samples": [{"value": 1.0, "timestamp": NOW_MS}]},
            1,
            0,
            id="a float",
        ),
        pytest.param({"labels_refs": [1, 2]}, 0, 1, id="neither samples nor histograms"),
        pytest.param(
            {
                "labels_refs": [1, 2],
                "samples": [{"value": 1.0, "timestamp": NOW_MS}],
                "histograms": [{"count_int": 0, "timestamp": NOW_MS}],
            },
            1,
            0,
            id="samples and histograms, which senders must not mix",
        ),
        pytest.param(
            {"labels_refs": [4, 5], "samples": [{"value": 1.0, "timestamp": NOW_MS}]},
            0,
            1,
            id="no metric name",
        ),
    ],
)
def test_version_two(sent: dict[str, Any], samples: int, rejected: int) -> None:
    data = protos_v2.Request(symbols=SYMBOLS, timeseries=[sent]).SerializeToString()
    written = take(data, proto=PROTO_2)
    assert (written.samples, written.rejected) == (samples, rejected)


_VALID = message_of(series("up", 1.0, labels={"a": "b"}), series("h", histograms=[HISTOGRAM]))


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=100),
        st.tuples(st.integers(0, len(_VALID) - 1), st.integers(0, 255)).map(
            lambda hit: _VALID[: hit[0]] + bytes([hit[1]]) + _VALID[hit[0] + 1 :]
        ),
    ),
    st.sampled_from([PROTO_1, PROTO_2]),
)
def test_any_bytes_are_taken_or_refused(data: bytes, proto: str) -> None:
    receiver = RemoteWriteReceiver(KnownSeries({}))
    with suppress(DecodeError):
        take(_VALID, receiver)  # so that there is something known
        for batch in take(data, receiver, proto=proto).batches:
            assert len(batch.layout) == len(batch.values)
