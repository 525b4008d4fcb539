"""The grid."""

import pytest

from relabel.pipeline import compile_rules
from scraper.schedule import Schedule
from scraper.settings import ScrapeJob
from scraper.target import build, discovered

EPOCH_2026_MS = 1_790_000_000_000


@pytest.mark.parametrize(
    ("interval_s", "stable_hash", "offset_ms"),
    [
        pytest.param(15, 7_777, 7_700, id="offsets fall into slots"),
        pytest.param(15, 15_000 * 3 + 99, 0, id="the hash is taken modulo the interval"),
        pytest.param(1, 999, 900, id="a second has ten slots"),
        pytest.param(0.5, 499, 499, id="short intervals have none"),
        pytest.param(60, 2**63 + 12_345, 8_100, id="a large hash"),
    ],
)
def test_offset(interval_s: float, stable_hash: int, offset_ms: int) -> None:
    schedule = Schedule.of(interval_s, stable_hash)
    assert schedule.offset_ms == offset_ms


@pytest.mark.parametrize(
    ("align_s", "shift_s", "offset_ms"),
    [
        pytest.param(3600, None, 0, id="at the full hour, so at multiples of the interval"),
        pytest.param(3600, 10, 10_000, id="an offset from there"),
        pytest.param(0, 10, 10_000, id="an offset alone counts from the interval"),
        pytest.param(0, 0, 0, id="an offset of nothing aligns too"),
        pytest.param(0, 70, 10_000, id="an offset beyond the interval wraps around"),
        pytest.param(20, None, 40_000, id="one of several multiples, by the hash"),
        pytest.param(20, 1.5, 41_500, id="an offset from that one"),
    ],
)
def test_aligned(align_s: float, shift_s: float | None, offset_ms: int) -> None:
    schedule = Schedule.of(60, 57_777, align_s=align_s, shift_s=shift_s)
    assert schedule.offset_ms == offset_ms


GRID = Schedule(interval_ms=10_000, offset_ms=3_000)


@pytest.mark.parametrize(
    ("now_ms", "due_ms"),
    [
        pytest.param(0, 3_000, id="before the offset"),
        pytest.param(3_000, 13_000, id="a tick is not due again at its own time"),
        pytest.param(3_001, 13_000, id="just behind a tick"),
        pytest.param(12_999, 13_000, id="just before a tick"),
        pytest.param(EPOCH_2026_MS, EPOCH_2026_MS + 3_000, id="today"),
        pytest.param(-1, 3_000, id="before the epoch"),
    ],
)
def test_next_due(now_ms: float, due_ms: int) -> None:
    assert GRID.next_due_ms(now_ms) == due_ms


@pytest.mark.parametrize(
    ("woken_ms", "timestamp_ms"),
    [
        pytest.param(13_000, 13_000, id="on time"),
        pytest.param(13_010, 13_000, id="late within the tolerance"),
        pytest.param(12_999, 13_000, id="a hair early"),
        pytest.param(13_011, 13_011, id="later than that it is the time it is"),
        pytest.param(5_000_000, 5_000_000, id="the clock has stepped"),
    ],
)
def test_timestamps_are_snapped_to_the_grid(woken_ms: int, timestamp_ms: int) -> None:
    assert GRID.timestamp_ms(13_000, woken_ms) == timestamp_ms


def test_a_tolerance_is_at_most_a_hundredth_of_the_interval() -> None:
    fast = Schedule(interval_ms=200, offset_ms=0)
    assert (fast.timestamp_ms(400, 402), fast.timestamp_ms(400, 403)) == (400, 403)


@pytest.mark.parametrize(
    ("now_ms", "next_ms"),
    [
        pytest.param(13_200, 23_000, id="a quick scrape"),
        pytest.param(12_998, 23_000, id="a clock that was read early does not repeat the tick"),
        pytest.param(36_000, 43_000, id="a slow scrape skips ticks"),
        pytest.param(500, 3_000, id="after a step back the grid goes on from there"),
    ],
)
def test_the_tick_after_a_scrape(now_ms: int, next_ms: int) -> None:
    assert GRID.next_due_ms(GRID.after(13_000, now_ms)) == next_ms


@pytest.mark.parametrize(
    ("elapsed_s", "missed"),
    [
        pytest.param(10.0, 0, id="one interval"),
        pytest.param(10.4, 0, id="a late one"),
        pytest.param(30.0, 2, id="three intervals"),
        pytest.param(2.0, 0, id="after a step of the clock"),
    ],
)
def test_missed(elapsed_s: float, missed: int) -> None:
    assert GRID.missed(elapsed_s) == missed


def test_offsets_are_spread_evenly() -> None:
    """The case of Prometheus' TestTargetOffset: 10 000 targets that differ in one label."""
    job = ScrapeJob(job_name="some_job")
    pipeline = compile_rules(())
    buckets = [0] * 10
    for number in range(10_000):
        target = build(job, pipeline, discovered(job, "example.com:80", {"label": str(number)}))
        buckets[Schedule.of(10, target.stable_hash).offset_ms // 1000] += 1
    assert max(abs(count - 1000) for count in buckets) <= 150
