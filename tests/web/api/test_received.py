import json

import pytest

from receivers.window import Sample
from tests.web.pages.test_received import window_of
from tests.web.snapshots import NASTY, NOW_MS
from web.api.received import series_json, value_text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(1.0, "1", id="a whole number"),
        pytest.param(0.1, "0.1", id="a fraction"),
        pytest.param(-0.0, "-0", id="minus zero"),
        pytest.param(1e300, "1e+300", id="a large one"),
        pytest.param(float("inf"), "+Inf", id="infinity"),
        pytest.param(float("-inf"), "-Inf", id="minus infinity"),
        pytest.param(float("nan"), "NaN", id="not a number"),
        pytest.param(None, "stale", id="a staleness marker"),
    ],
)
def test_a_value_as_prometheus_writes_it(value: float | None, expected: str) -> None:
    assert value_text(Sample(0, value)) == expected
    if value is not None and value == value:
        assert float(expected) == value


def test_a_series_as_json() -> None:
    window = window_of({"__name__": "up", "job": "a"})
    document = json.loads("".join(series_json(window.first(9), window.statistics())))
    assert document == {
        "status": "success",
        "data": [
            {
                "labels": {"__name__": "up", "job": "a"},
                "last_value": "1.5",
                "last_timestamp_ms": NOW_MS - 3000,
                "received_ms": NOW_MS,
                "sender": f"curl {NASTY}",
                "sample_total": 1,
                "samples": [[NOW_MS - 3000, "1.5"]],
            }
        ],
        "window": {"series": 1, "evicted": 0},
    }
