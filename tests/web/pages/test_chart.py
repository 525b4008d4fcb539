"""Charts: numbers become lines and words."""

from math import nan

import pytest

from web.pages.chart import HEIGHT, WIDTH, bytes_text, chart, count_text


@pytest.mark.parametrize(
    ("points", "lines", "dots"),
    [
        pytest.param([1.0, 2.0, 3.0], 1, 0, id="one line"),
        pytest.param([1.0, nan, 3.0], 0, 2, id="lonely numbers are dots"),
        pytest.param([1.0, 2.0, nan, 3.0, 4.0], 2, 0, id="a gap is a gap"),
        pytest.param([0.0, 0.0], 1, 0, id="nothing but zeros"),
        pytest.param([5.0], 0, 1, id="a single number"),
    ],
)
def test_lines_and_dots(points: list[float], lines: int, dots: int) -> None:
    drawn = chart("Speed", points, 10.0, count_text)
    assert drawn.count("<polyline") == lines
    assert drawn.count("<circle") == dots


def test_no_number_is_no_chart() -> None:
    assert chart("Speed", [nan, nan], 10.0, count_text) == ""


def test_a_line_stays_within_the_picture() -> None:
    drawn = chart("Speed", [0.0, 1e12, 5.0], 10.0, count_text)
    text = drawn.partition('points="')[2].partition('"')[0]
    for pair in text.split():
        x, y = map(float, pair.split(","))
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT


def test_what_it_says_without_colours() -> None:
    drawn = chart("Speed <b>", [1.0, 9.0, 5.0], 60.0, count_text)
    assert 'aria-label="Speed &lt;b&gt;: now 5, in the last 3 min: 1 to 9"' in drawn
    assert "style=" not in drawn


@pytest.mark.parametrize(
    ("number", "text"),
    [
        pytest.param(0, "0", id="nothing"),
        pytest.param(0.5, "0.5", id="less than one"),
        pytest.param(1234.6, "1,235", id="thousands"),
        pytest.param(1_234_567, "1.23 M", id="millions"),
        pytest.param(2e9, "2 G", id="milliards"),
    ],
)
def test_counts(number: float, text: str) -> None:
    assert count_text(number) == text


def test_bytes() -> None:
    assert [bytes_text(n) for n in (0, 1023, 1536, 5 * 2**20, 2**40)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "5.0 MiB",
        "1024.0 GiB",
    ]
