"""The most different series in an hour or a day."""

from pushqueue.series_count import SeriesSet, SeriesSketch
from pushqueue.series_limit import HOUR_S, SeriesLimit
from pushqueue.sharding import _hash
from series.batch import Batch
from tests.pushqueue.blocks import batch, layout


def admitted(limit: SeriesLimit, whole: Batch, now: float = 0.0) -> int:
    found = limit.admit(whole, now)
    return 0 if found is None else len(found)


def test_within_the_limit_it_is_the_batch_itself() -> None:
    whole = batch(10)
    assert SeriesLimit(10, HOUR_S, 0.0).admit(whole, 1.0) is whole


def test_new_series_beyond_it_are_dropped_and_known_ones_pass() -> None:
    limit = SeriesLimit(100, HOUR_S, 0.0)
    first, second = layout(80), layout(80, "other")
    assert admitted(limit, batch(80, of=first)) == 80
    assert admitted(limit, batch(80, of=second)) in range(20, 24)
    assert admitted(limit, batch(80, of=first)) == 80
    assert admitted(limit, batch(80, of=layout(80))) == 80
    assert admitted(limit, batch(80, of=layout(80, "third"))) < 4
    found = limit.statistics()
    assert (found.limit, found.current) == (100, 100)
    assert found.dropped_samples > 130


def test_the_same_samples_stay_every_time() -> None:
    limit = SeriesLimit(5, HOUR_S, 0.0)
    whole = batch(9)
    results = [limit.admit(whole, now) for now in (0.0, 1.0)]
    assert results[0] is not None
    assert results[1] is not None
    assert list(results[0].values) == list(results[1].values) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert results[0].layout is results[1].layout


def test_a_new_period_begins_anew() -> None:
    limit = SeriesLimit(5, HOUR_S, 0.0)
    old, new = batch(5), batch(5, of=layout(5, "new"))
    assert (admitted(limit, old), admitted(limit, new, HOUR_S - 1)) == (5, 0)
    assert (admitted(limit, new, HOUR_S), admitted(limit, old, HOUR_S + 1)) == (5, 0)


def test_only_counting_drops_nothing() -> None:
    limit = SeriesLimit(-1, HOUR_S, 0.0)
    assert admitted(limit, batch(2000)) == 2000
    assert admitted(limit, batch(2000)) == 2000
    assert 1960 < limit.statistics().current < 2040


def test_the_set_takes_few_new_ones_for_known() -> None:
    seen = SeriesSet(5000)
    for number in range(5000):
        seen.admit(_hash(b"%d" % number))
    assert all(seen.admit(_hash(b"%d" % number)) for number in range(5000))
    wrong = sum(seen.admit(_hash(b"new %d" % number)) for number in range(5000))
    assert wrong < 50
    assert seen.count > 4950


def test_the_sketch_counts_near_enough() -> None:
    sketch = SeriesSketch()
    assert sketch.count == 0
    for number in range(30_000):
        sketch.admit(_hash(b"%d" % number))
    assert 0.98 < sketch.count / 30_000 < 1.02
