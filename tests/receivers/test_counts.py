"""What was pushed is counted by format, and what could not be taken by reason."""

from receivers.counts import PushCounts, PushStatistics


def test_nothing_was_pushed() -> None:
    assert PushCounts().statistics() == PushStatistics()


def test_taken_and_refused_are_requests_both() -> None:
    counts = PushCounts()
    counts.taken("a", 10, 2, metadata=3)
    counts.taken("a", 5, 0)
    counts.refused("a", "gzip")
    counts.refused("b", "gzip")
    counts.refused("b", "gzip")
    told = counts.statistics()
    assert told.rows == {"a": 15}
    assert told.invalid == {"a": 2}
    assert told.metadata == {"a": 3}
    assert told.requests == {"a": 3, "b": 2}
    assert told.refused == {("a", "gzip"): 1, ("b", "gzip"): 2}


def test_how_many_rows_a_request_has() -> None:
    counts = PushCounts()
    for rows in (1, 100, 100):
        counts.taken("a", rows, 0)
    spread = counts.statistics().rows_per_insert
    assert (spread.count, spread.total) == (3, 201.0)
    assert sorted(count for _, count in spread.counts) == [1, 2]


def test_a_snapshot_stays_as_it_was() -> None:
    counts = PushCounts()
    before = counts.statistics()
    counts.taken("a", 1, 0)
    assert before == PushStatistics()
