"""Which series have ended."""

import struct

import pytest

from scraper.staleness import Filled, Staleness, markers
from series.layout import Layout
from series.stale import STALE_NAN_BITS
from series.template import Template
from tests.scraper.steps import finish


def series_of(names: str) -> Filled:
    """A letter is a series; a digit one that is a hole, which `h` fills."""
    templates = [
        Template((b"", b""), (int(name),)) if name.isdigit() else Template((name.encode(),))
        for name in names
    ]
    return Filled(Layout(tuple(templates)), (b"h",) if "0" in names else ())


def names_of(series: Filled) -> str:
    filled = [template.fill(series.chunks) for template in series.layout.templates]
    return b"".join(filled).decode()


def after(staleness: Staleness, series: Filled) -> Filled:
    gone = finish(staleness.vanished(series))
    staleness.succeeded(series)
    return gone


@pytest.mark.parametrize(
    ("scrapes", "vanished"),
    [
        pytest.param(["ab"], [""], id="the first scrape"),
        pytest.param(["ab", "ab"], ["", ""], id="equal series of other objects"),
        pytest.param(["ab", "a"], ["", "b"], id="one vanishes"),
        pytest.param(["ab", "ba"], ["", ""], id="another order"),
        pytest.param(["ab", "c"], ["", "ab"], id="all are others"),
        pytest.param(["ab", ""], ["", "ab"], id="an empty page"),
        pytest.param(["ab", "a", "a"], ["", "b", ""], id="a marker is sent once"),
        pytest.param(["ab", "a", "ab", "a"], ["", "b", "", "b"], id="it returns and goes again"),
        pytest.param(["ab", None], ["", "ab"], id="a failed scrape ends all"),
        pytest.param(["ab", None, None], ["", "ab", ""], id="and does so once"),
        pytest.param(["ab", None, "a"], ["", "ab", ""], id="what ended does not end again"),
        pytest.param([None, "a"], ["", ""], id="a failure at first"),
        pytest.param(["a0", "a0"], ["", ""], id="a hole that is filled with the same"),
        pytest.param(["a0", "ah"], ["", ""], id="a constant in the place of a hole"),
        pytest.param(["ah", "0"], ["", "a"], id="a hole in the place of a constant"),
        pytest.param(["a0", "ag"], ["", "h"], id="a constant that is not what filled the hole"),
    ],
)
def test_what_vanishes(scrapes: list[str | None], vanished: list[str]) -> None:
    staleness = Staleness()
    found = [
        staleness.ended() if names is None else after(staleness, series_of(names))
        for names in scrapes
    ]
    assert [names_of(series) for series in found] == vanished


def test_the_same_layout_object_needs_no_comparison() -> None:
    staleness = Staleness()
    series = series_of("ab")
    after(staleness, series)
    assert list(staleness.vanished(Filled(series.layout))) == []  # no steps at all
    assert staleness.ended() is series


def test_markers_have_the_stale_bits() -> None:
    batch = markers(7, series_of("ab"), 1000)
    assert batch.is_markers
    assert (batch.lane_key, batch.timestamps, len(batch)) == (7, 1000, 2)
    assert struct.unpack("<2Q", batch.values.tobytes()) == (STALE_NAN_BITS,) * 2
