"""Durations in labels."""

import pytest

from scraper.duration import format_duration, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("30s", 30, id="seconds"),
        pytest.param("1m30s", 90, id="two units"),
        pytest.param("500ms", 0.5, id="milliseconds"),
        pytest.param("1h", 3600, id="an hour"),
        pytest.param("1d", 86400, id="a day"),
        pytest.param("1w", 604800, id="a week"),
        pytest.param("1y", 31536000, id="a year"),
        pytest.param("8d", 691200, id="a week and a day is days"),
        pytest.param("1m500ms", 60.5, id="a unit left out"),
        pytest.param("0s", 0, id="nothing"),
    ],
)
def test_durations_and_back(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("90s", 90, id="more than a minute in seconds"),
        pytest.param("0", 0, id="zero needs no unit"),
        pytest.param("1y2w3d4h5m6s7ms", 33_019_506.007, id="all units"),
    ],
)
def test_other_spellings(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "1.5h", "-1s", "1s1m", "2notseconds", "1 s", "s", "1S"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_duration(text)
