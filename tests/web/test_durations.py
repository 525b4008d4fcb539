import pytest

from web.durations import NEVER, ago_text, duration_text, rfc3339


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0, "0s"),
        (0.5, "500ms"),
        (15.0, "15s"),
        (60.0, "1m"),
        (90.0, "1m30s"),
        (3600.0, "1h"),
        (90_061.001, "1d1h1m1s1ms"),
    ],
)
def test_a_duration_as_prometheus_writes_it(seconds: float, expected: str) -> None:
    assert duration_text(seconds) == expected


@pytest.mark.parametrize(
    ("time_ms", "expected"),
    [
        pytest.param(None, NEVER, id="never"),
        pytest.param(0, NEVER, id="zero is never"),
        pytest.param(1_795_500_000_007, "2026-11-24T06:00:00.007Z", id="milliseconds are kept"),
    ],
)
def test_rfc3339(time_ms: int | None, expected: str) -> None:
    assert rfc3339(time_ms) == expected


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (-5.0, "now"),
        (0.2, "now"),
        (12.0, "12 s ago"),
        (119.0, "119 s ago"),
        (180.0, "3 min ago"),
        (7200.0, "2 h ago"),
        (200_000.0, "2 d ago"),
    ],
)
def test_how_long_ago(age_s: float, expected: str) -> None:
    assert ago_text(age_s) == expected
