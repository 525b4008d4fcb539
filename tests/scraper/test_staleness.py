"""Which series have ended."""

import struct

import pytest

from scraper.staleness import Staleness, markers
from series.layout import Layout
from series.stale import STALE_NAN_BITS
from series.template import Template
from tests.scraper.steps import finish


def layout_of(names: str) -> Layout:
    return Layout(tuple([Template((name.encode(),)) for name in names]))


def names_of(layout: Layout) -> str:
    return b"".join([template.pieces[0] for template in layout.templates]).decode()


def after(staleness: Staleness, layout: Layout) -> Layout:
    gone = finish(staleness.vanished(layout))
    staleness.succeeded(layout)
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
    ],
)
def test_what_vanishes(scrapes: list[str | None], vanished: list[str]) -> None:
    staleness = Staleness()
    found = [
        staleness.ended() if names is None else after(staleness, layout_of(names))
        for names in scrapes
    ]
    assert [names_of(layout) for layout in found] == vanished


def test_the_same_layout_object_needs_no_comparison() -> None:
    staleness = Staleness()
    layout = layout_of("ab")
    after(staleness, layout)
    assert list(staleness.vanished(layout)) == []  # no steps at all
    assert staleness.ended() is layout


def test_markers_have_the_stale_bits() -> None:
    batch = markers(7, layout_of("ab"), 1000)
    assert batch.is_markers
    assert (batch.lane_key, batch.timestamps, len(batch)) == (7, 1000, 2)
    assert struct.unpack("<2Q", batch.values.tobytes()) == (STALE_NAN_BITS,) * 2
