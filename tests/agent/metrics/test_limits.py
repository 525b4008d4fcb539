"""Rows on limits are there while a limit is, under vmagent's names."""

import attrs

from agent.metrics.family import Sample
from agent.metrics.limits import FAMILIES
from pushqueue.front import FrontStatistics
from pushqueue.series_limit import SeriesLimitStatistics
from pushqueue.throttle import ThrottleStatistics
from tests.agent.metrics.test_render import REMOTE, SNAPSHOT


def rows(front: FrontStatistics, throttle: ThrottleStatistics) -> dict[str, list[Sample]]:
    labelled = attrs.evolve(SNAPSHOT.remotes[0], statistics=attrs.evolve(REMOTE, throttle=throttle))
    snapshot = attrs.evolve(SNAPSHOT, front=front, remotes=(labelled,))
    found = {family.name: list(family.read(snapshot)) for family in FAMILIES}
    return {name: values for name, values in found.items() if values}


def test_without_limits_only_the_rate_of_each_remote() -> None:
    assert rows(FrontStatistics(), ThrottleStatistics()) == {
        "vmagent_remotewrite_rate_limit": [(("berlin",), 0.0)],
        "vmagent_remotewrite_rate_limit_reached_total": [(("berlin",), 0.0)],
    }


def test_with_all_of_them() -> None:
    front = FrontStatistics(
        max_ingestion_rate=10,
        rate_reached_total=3,
        hourly=SeriesLimitStatistics(limit=100, current=40, dropped_samples=5),
        daily=SeriesLimitStatistics(limit=-1, current=50),
        dropped_samples={"hourly_series": 5},
    )
    throttle = ThrottleStatistics(
        budget_bytes=100, budget_spent_bytes=60, pressure="warn", backlog_window_open=True
    )
    found = rows(front, throttle)
    assert found["vmagent_max_ingestion_rate_limit_reached_total"] == [((), 3.0)]
    assert found["vmagent_hourly_series_limit_rows_dropped_total"] == [((), 5.0)]
    assert found["vmagent_daily_series_limit_max_series"] == [((), -1.0)]
    assert found["vmagent_daily_series_limit_current_series"] == [((), 50.0)]
    assert found["promferry_front_samples_dropped_total"] == [(("hourly_series",), 5)]
    assert found["promferry_remote_budget_spent_bytes"] == [(("berlin",), 60.0)]
    assert "promferry_remote_budget_forecast_bytes" not in found
    assert found["promferry_remote_backlog_window_open"] == [(("berlin",), 1.0)]
    pressures = dict(found["promferry_remote_budget_pressure"])
    assert [name for (_, name), value in pressures.items() if value] == ["warn"]
