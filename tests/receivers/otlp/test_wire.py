"""The readers: what is known is reused, any bytes are read or refused, work comes in steps."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE

from receivers.errors import DecodeError
from receivers.otlp.receive import OtlpReceiver, drain
from receivers.otlp.settings import Translation
from tests.receivers.otlp.requests import (
    NOW_NS,
    Message,
    as_json,
    attributes,
    gauge,
    point,
    request_of,
    rows,
    take,
    total,
)


def many(count: int) -> Message:
    message = Message()
    metric = message.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    metric.sum.aggregation_temporality = AGGREGATION_TEMPORALITY_CUMULATIVE
    for at in range(count):
        one = metric.sum.data_points.add(time_unix_nano=NOW_NS, as_int=at)
        one.attributes.add(key="at").value.string_value = str(at)
    return message


def test_the_same_request_makes_the_same_layout() -> None:
    receiver = OtlpReceiver(Translation())
    body = many(50).SerializeToString()
    first, second = drain(receiver.protobuf(body)), drain(receiver.protobuf(body))
    assert first.batches[0].layout is second.batches[0].layout
    assert first.batches[0].values == second.batches[0].values


def test_a_large_request_comes_in_steps() -> None:
    steps = OtlpReceiver(Translation()).protobuf(many(9000).SerializeToString())
    assert sum(1 for _ in steps) > 4


def test_extra_labels_overwrite() -> None:
    body = request_of(gauge("a", point(asInt="1"))).SerializeToString()
    receiver = OtlpReceiver(Translation())
    assert rows(drain(receiver.protobuf(body, (("job", "other"),)))) == {'a{job="other"}': 1.0}
    assert rows(drain(receiver.protobuf(body))) == {'a{job="shop"}': 1.0}


def test_integers_and_doubles_mixed() -> None:
    points = [
        point(asInt="1", attributes=attributes({"n": "1"})),
        point(asDouble=2.5, attributes=attributes({"n": "2"})),
        point(asInt="3", attributes=attributes({"n": "3"}), flags=0),
    ]
    got = rows(take(request_of(total("a", *points))))
    assert list(got.values()) == [1.0, 2.5, 3.0]


def test_labels_that_unfold_are_refused() -> None:
    resource = {"service.name": "x" * 1_000_000}
    metrics = [gauge(f"m{at}", point(asInt="1")) for at in range(80)]
    message = request_of(*metrics, resource=resource)
    with pytest.raises(DecodeError) as caught:
        take(message)
    assert caught.value.status == 413


_VALID = request_of(
    total("a", point(asInt="1", attributes=attributes({"k": "v"}))), gauge("b", point(asDouble=1.0))
).SerializeToString()


@settings(max_examples=150, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.tuples(st.integers(0, len(_VALID) - 1), st.integers(0, 255)).map(
            lambda hit: _VALID[: hit[0]] + bytes([hit[1]]) + _VALID[hit[0] + 1 :]
        ),
        st.integers(0, len(_VALID)).map(lambda end: _VALID[:end]),
    )
)
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(DecodeError):
        drain(OtlpReceiver(Translation()).protobuf(data))


_TOLD = as_json(request_of(total("a", point(asInt="1")), gauge("b", point(asDouble=1.0))))
_ODD = st.sampled_from([None, 1, -1, 1.5, "x", [], {}, [1], {"a": 1}, True, "9" * 30])


def damaged(told: object, at: int, value: object) -> object:
    """`told` with its node number `at` replaced."""
    left = [at]

    def walk(node: object) -> object:
        left[0] -= 1
        if left[0] < 0:
            left[0] = 10**9
            return value
        if isinstance(node, dict):
            return {key: walk(inner) for key, inner in node.items()}
        return [walk(inner) for inner in node] if isinstance(node, list) else node

    return walk(told)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 40), _ODD)
def test_any_json_is_read_or_refused(at: int, value: object) -> None:
    text = json.dumps(damaged(_TOLD, at, value)).encode()
    with suppress(DecodeError):
        drain(OtlpReceiver(Translation()).json(text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{", id="cut"),
        pytest.param(b"[" * 100_000, id="nested"),
        pytest.param(b"\xff", id="not UTF-8"),
    ],
)
def test_bad_json(text: bytes) -> None:
    with pytest.raises(DecodeError):
        drain(OtlpReceiver(Translation()).json(text))


def test_unknown_fields_and_names_of_enums_are_fine() -> None:
    told = as_json(request_of(total("a", point(asInt="1"))))
    metric = told["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
    metric["sum"]["aggregationTemporality"] = "AGGREGATION_TEMPORALITY_CUMULATIVE"
    metric["later"] = {"field": 1}
    metric["sum"]["dataPoints"][0] |= {"asInt": None, "asDouble": "NaN"}
    taken = drain(OtlpReceiver(Translation()).json(json.dumps(told).encode()))
    (value,) = rows(taken).values()
    assert value != value


def test_many_points_of_one_resource_are_several_batches() -> None:
    taken = drain(OtlpReceiver(Translation()).protobuf(many(25_000).SerializeToString()))
    assert [len(batch) for batch in taken.batches] == [2000] * 12 + [1000]
    assert [value for batch in taken.batches for value in batch.values] == list(range(25_000))
