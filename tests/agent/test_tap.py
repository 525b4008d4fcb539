"""Samples as they pass: filtered, bounded, in nobody's way."""

from array import array
from typing import Any

import pytest

from agent.tap import HELD, Tap, TapSettings
from agent.taps import MAX_TAPS, Taps, settings_of
from relabel.selector import parse_selector
from series.batch import Batch
from series.labels import canonical
from series.layout import Layout
from series.template import Template
from series.watch import RELABELLED, REMOTE, Watch
from web.views import TapWish, TooManyError

LAYOUT = Layout(
    tuple(
        [
            Template.constant(canonical({"__name__": name, "job": "a"}))
            for name in ("load", "up", "down")
        ]
    )
)


def batch(**changes: Any) -> Batch:
    fields: dict[str, Any] = {
        "lane_key": 1,
        "layout": LAYOUT,
        "values": array("d", [1.0, 2.0, 3.0]),
        "timestamps": 1000,
    }
    return Batch(**{**fields, **changes})


class Watcher:
    """A tap with a clock that is set by hand."""

    def __init__(self, **settings: Any) -> None:
        self.now_s, self.woken = 0.0, 0
        wish = TapSettings(**{"stage": RELABELLED, **settings})
        self.tap = Tap(wish, lambda: self.now_s, self.wake)

    def wake(self) -> None:
        self.woken += 1

    def see(self, *batches: Batch, where: str = "") -> list[str]:
        self.tap.see(where, batches)
        return [dict(sample.labels)["__name__"] for sample in self.tap.take()]


def test_everything_that_passes() -> None:
    watcher = Watcher()
    assert watcher.see(batch()) == ["load", "up", "down"]
    assert watcher.woken == 1


def test_what_suits_a_selector() -> None:
    suits = parse_selector('{__name__=~"up|down",job="a"}').predicate()
    watcher = Watcher(suits=suits)
    assert watcher.see(batch()) == ["up", "down"]
    assert watcher.see(batch(values=array("d", [1.0, 2.0, 9.0]))) == ["up", "down"]


def test_another_remote_is_not_seen() -> None:
    watcher = Watcher(stage=REMOTE, remote="far")
    assert watcher.see(batch(), where="near") == []
    assert watcher.see(batch(), where="far") == ["load", "up", "down"]
    assert watcher.woken == 1


def test_the_rate_is_kept_and_what_is_left_out_is_counted() -> None:
    watcher = Watcher(per_s=4.0)
    assert watcher.see(batch(), batch()) == ["load", "up", "down", "load"]
    assert watcher.see(batch()) == []
    assert watcher.tap.skipped == 5
    watcher.now_s = 0.5
    assert watcher.see(batch()) == ["load", "up"]


def test_who_does_not_read_holds_a_bounded_number() -> None:
    watcher = Watcher(per_s=1e9)
    watcher.tap.see("", [batch()] * HELD)
    assert len(watcher.tap.take()) == HELD
    assert watcher.tap.skipped == 2 * HELD


def test_markers_have_no_value() -> None:
    watcher = Watcher()
    watcher.tap.see("", [batch(is_markers=True)])
    assert [(sample.value, sample.is_marker) for sample in watcher.tap.take()] == [(None, True)] * 3


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param(TapWish(stage="nowhere"), id="no such stage"),
        pytest.param(TapWish(stage=RELABELLED, selector="{"), id="no selector"),
    ],
)
def test_wishes_that_cannot_be_understood(wish: TapWish) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        settings_of(wish)


async def test_nobody_looks_when_the_last_has_gone_and_taps_are_few() -> None:
    watch = Watch()
    taps = Taps(watch)
    async with taps.open(TapWish(stage=RELABELLED)) as pieces:
        watch.see(RELABELLED, "", [batch()])
        piece = await anext(pieces)
        assert piece.rows[0].series == 'load{job="a"}'
        taps._open = MAX_TAPS
        with pytest.raises(TooManyError):
            taps.open(TapWish(stage=RELABELLED))
    assert not any(watch.at.values())


async def test_a_quiet_stream_gives_signs_of_life(autojump_clock: object) -> None:
    async with Taps(Watch()).open(TapWish(stage=RELABELLED)) as pieces:
        assert (await anext(pieces)).rows == ()
