"""The first compliance suite for senders, of remote write 1.0: 19 cases (prometheus.md 2.1)."""

import re
import time
from collections.abc import Callable

import pytest

from tests.conformance.sender.case import (
    STALE_NAN_BITS,
    AnswerCase,
    PageCase,
    Seen,
)
from tests.conformance.sender.far_end import Reply
from tests.conformance.sender.station import Station

VERSION_1 = {
    "Content-Encoding": "snappy",
    "Content-Type": "application/x-protobuf",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
HISTOGRAM = """\
# TYPE histogram histogram
histogram_bucket{le="1"} 1
histogram_bucket{le="2"} 2
histogram_bucket{le="+Inf"} 2
histogram_sum 3
histogram_count 2
"""
SUMMARY = """\
# TYPE summary summary
summary{quantile="0.5"} 2
summary{quantile="0.9"} 3
summary{quantile="0.99"} 3
summary_sum 6
summary_count 3
"""


def counted(seen: Seen) -> None:
    values = seen.values("counter")
    assert values == list(range(len(values)))


def is_its_own_time(seen: Seen) -> None:
    for row in seen.named("now_s"):
        assert row.value == pytest.approx(row.timestamp_ms / 1000, rel=0.01)


def histogram(seen: Seen) -> None:
    buckets = {row.labels["le"]: row.value for row in seen.named("histogram_bucket")}
    assert buckets == {"1": 1, "2": 2, "+Inf": 2}  # as they were written: not 1.0
    assert set(seen.values("histogram_sum")) == {3}
    assert set(seen.values("histogram_count")) == {2}
    assert len(seen.named("histogram_bucket")) == 3 * len(seen.named("histogram_count"))


def summary(seen: Seen) -> None:
    quantiles = {row.labels["quantile"]: row.value for row in seen.named("summary")}
    assert quantiles == {"0.5": 2, "0.9": 3, "0.99": 3}
    assert set(seen.values("summary_sum")) == {6}
    assert set(seen.values("summary_count")) == {3}
    assert len(seen.named("summary")) == 3 * len(seen.named("summary_count"))


def is_up(seen: Seen) -> None:
    assert seen.ups() == {1}


def is_down(seen: Seen) -> None:
    assert seen.ups() == {0}
    assert seen.rows == []


def has_job(seen: Seen) -> None:
    assert {row.labels["job"] for row in seen.named("gauge")} == {seen.job}


def has_instance(seen: Seen) -> None:
    assert all(re.fullmatch(r"127\.0\.0\.1:\d+", r.labels["instance"]) for r in seen.all_rows)


def is_sorted(seen: Seen) -> None:
    assert list(seen.one("test").labels) == ["__name__", "a", "b", "instance", "job"]


def has_no_empty_value(seen: Seen) -> None:
    assert "a" not in seen.one("test").labels  # that no value is empty holds for every message


def has_names(seen: Seen) -> None:
    is_down(seen)
    assert all(row.labels["__name__"] for row in seen.all_rows)


def keeps_clashing_labels(seen: Seen) -> None:
    labels = seen.one("test").labels
    assert (labels["exported_job"], labels["exported_instance"]) == ("original", "foo")


def went_stale(seen: Seen) -> None:
    assert [row.value_bits for row in seen.named("stale")][1:] == [STALE_NAN_BITS]


def never_goes_back(seen: Seen) -> None:
    times = [row.timestamp_ms for row in seen.all_rows]
    assert times == sorted(times)
    assert seen.began_ms <= times[0]
    assert times[-1] <= seen.ended_ms


def headers(seen: Seen) -> None:
    for push in seen.pushes:
        assert {name: push.headers.get(name) for name in VERSION_1} == VERSION_1


GAUGE = "gauge 42\n"
PAGES = [
    PageCase("a counter", lambda visit: f"counter {visit}\n", counted, version=1),
    PageCase("a gauge", lambda _: f"now_s {int(time.time())}\n", is_its_own_time, version=1),
    PageCase("a histogram", HISTOGRAM, histogram, version=1),
    PageCase("a summary", SUMMARY, summary, version=1),
    PageCase("up", GAUGE, is_up, version=1),
    PageCase("an invalid page", "1234notvali}{ 444\n", is_down, version=1),
    PageCase("the job label", GAUGE, has_job, version=1),
    PageCase("the instance label", GAUGE, has_instance, version=1),
    PageCase("sorted labels", 'test{b="2",a="1"} 1\n', is_sorted, version=1),
    PageCase("repeated labels", 'test{a="1",a="1"} 1\n', is_down, version=1),
    PageCase("empty labels", 'test{a=""} 1\n', has_no_empty_value, version=1),
    PageCase("a series without a name", '{label="value"} 1.0\n', has_names, version=1),
    PageCase(
        "labels that clash",
        'test{job="original",instance="foo"} 1\n',
        keeps_clashing_labels,
        version=1,
    ),
    PageCase("staleness", lambda visit: "" if visit else "stale 1\n", went_stale, version=1),
    PageCase("timestamps", GAUGE, never_goes_back, version=1),
    PageCase("headers", GAUGE, headers, version=1),
]


def once(status: int) -> Callable[[int], Reply]:
    return lambda number: Reply(204 if number else status)


def came_again(seen: Seen) -> None:
    first, second = seen.pushes[:2]
    assert first.body == second.body
    assert seen.statuses[:2] == [500, 204]


def never_came_again(seen: Seen) -> None:
    assert seen.statuses[0] == 400
    refused = {row.timestamp_ms for row in seen.pushes[0].rows}
    later = {row.timestamp_ms for push in seen.pushes[1:] for row in push.rows}
    assert later
    assert not refused & later


ANSWERS = [
    AnswerCase("500 is tried again", once(500), came_again, version=1, flush_s=1),
    AnswerCase("400 is not tried again", once(400), never_came_again, version=1, flush_s=1),
]


@pytest.mark.parametrize("case", PAGES, ids=lambda case: case.sentence)
def test_a_page(case: PageCase, station: Station) -> None:
    case.check(station.page(case))


@pytest.mark.parametrize("case", ANSWERS, ids=lambda case: case.sentence)
def test_an_answer(case: AnswerCase, station: Station) -> None:
    case.check(station.answer(case))


def test_a_series_is_never_in_two_requests_at_a_time(station: Station) -> None:
    """More than 12 000 series, a receiver that takes up to a second: in order of completion."""
    newest: dict[tuple[tuple[str, str], ...], int] = {}
    inversions = 0
    for push in station.slow().pushes:
        for row in push.rows:
            key = tuple(row.labels.items())
            inversions += newest.get(key, -1) >= row.timestamp_ms
            newest[key] = row.timestamp_ms
    assert len(newest) > 12_000
    assert inversions == 0


def test_the_agents_lived_and_ended_well(station: Station) -> None:
    assert station.exit_codes == {"pages": 0, "answers": 0}
    assert not any("Traceback" in log for log in station.logs.values())
