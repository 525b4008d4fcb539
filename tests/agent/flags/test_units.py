import pytest

from agent.flags.units import (
    parse_duration,
    parse_percent,
    parse_size,
    render_duration,
    render_size,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        pytest.param("0", 0, id="zero needs no unit"),
        pytest.param("0s", 0, id="zero with a unit"),
        pytest.param("5s", 5, id="seconds"),
        pytest.param("1m30s", 90, id="several units"),
        pytest.param("1.5h", 5400, id="a fraction"),
        pytest.param(".5s", 0.5, id="a fraction without a whole"),
        pytest.param("5.s", 5, id="a point without a fraction"),
        pytest.param("300ms", 0.3, id="milliseconds"),
        pytest.param("2us", 2e-6, id="microseconds"),
        pytest.param("2µs", 2e-6, id="microseconds with the micro sign"),
        pytest.param("2\u03bcs", 2e-6, id="microseconds with a Greek mu"),
        pytest.param("7ns", 7e-9, id="nanoseconds"),
        pytest.param("-1m", -60, id="a sign"),
        pytest.param("+1m", 60, id="a plus"),
        pytest.param("1m1h", 3660, id="units in any order, as in Go"),
        pytest.param("2d", 172800, id="days, unlike Go"),
        pytest.param("1w", 604800, id="weeks"),
        pytest.param("1y", 31536000, id="years"),
    ],
)
def test_duration(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("", "is written like", id="nothing"),
        pytest.param("5", "such as 5s", id="a number without a unit"),
        pytest.param("-", "is written like", id="a sign alone"),
        pytest.param("s", "is written like", id="a unit alone"),
        pytest.param("5 s", "is written like", id="a blank"),
        pytest.param("5x", "is written like", id="an unknown unit"),
        pytest.param("1m-3s", "is written like", id="a sign within"),
        pytest.param("1e3s", "is written like", id="an exponent"),
        pytest.param("٣s", "is written like", id="digits of another script"),
        pytest.param("300y", "292 years", id="longer than Go can hold"),
        pytest.param("9" * 400 + "s", "292 years", id="an absurd number"),
    ],
)
def test_not_a_duration(text: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(0, "0s", id="zero"),
        pytest.param(90, "1m30s", id="two units"),
        pytest.param(0.25, "250ms", id="milliseconds"),
        pytest.param(1800, "30m", id="no zero units"),
        pytest.param(172800, "48h", id="hours are the largest"),
        pytest.param(-1, "-1s", id="a sign"),
    ],
)
def test_render_duration(seconds: float, text: str) -> None:
    assert render_duration(seconds) == text
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    ("text", "size"),
    [
        pytest.param("", 0, id="nothing is zero, as in vmagent"),
        pytest.param("0", 0, id="zero"),
        pytest.param("-1234", -1234, id="a sign; the flag's minimum judges it"),
        pytest.param("123.456", 123, id="a fraction of a byte goes"),
        pytest.param("1e6", 1_000_000, id="an exponent, as Go reads it; tried with vmagent 1.79.5"),
        pytest.param("1KB", 1000, id="a decimal unit"),
        pytest.param("1.5kb", 1500, id="any case"),
        pytest.param("23MB", 23_000_000, id="megabytes"),
        pytest.param("0.25GB", 250_000_000, id="gigabytes"),
        pytest.param("1.25TB", 1_250_000_000_000, id="terabytes"),
        pytest.param("1KiB", 1024, id="a binary unit"),
        pytest.param("1.5kib", 1536, id="a binary unit in any case"),
        pytest.param("23MiB", 23 * 2**20, id="mebibytes"),
        pytest.param("0.25GiB", 2**28, id="gibibytes"),
        pytest.param("1.25TiB", 5 * 2**38, id="tebibytes"),
    ],
)
def test_size(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "foobar",
        "5foobar",
        "aKB",
        "134xMB",
        "2.43sdfGb",
        "aKiB",
        "134xMiB",
        "nan",
        "1_0",
        "5M",
    ],
)
def test_not_a_size(text: str) -> None:
    with pytest.raises(ValueError, match="a size is written like"):
        parse_size(text)


def test_a_size_beyond_64_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="must be below"):
        parse_size("9000000TiB")


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0"), (1000, "1000"), (4096, "4KiB"), (2**24, "16MiB"), (2**41, "2TiB")]
)
def test_render_size(size: int, text: str) -> None:
    assert render_size(size) == text


def test_percent() -> None:
    assert parse_percent("5%") == 5
    assert parse_percent("7.5%") == 7.5


@pytest.mark.parametrize("text", ["", "5", "101%", "-1%", "1e1%", "5 %", "%"])
def test_not_a_percentage(text: str) -> None:
    with pytest.raises(ValueError, match="written like 5% and at most 100%"):
        parse_percent(text)
