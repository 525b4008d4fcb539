"""Rows on limits: of all that comes in, and of what each remote may be sent."""

from collections.abc import Callable, Iterable

from agent.metrics.family import Family, Sample, Snapshot
from pushqueue.front import FrontStatistics
from pushqueue.series_limit import SeriesLimitStatistics
from pushqueue.throttle import ThrottleStatistics

PRESSURES = ("free", "warn", "hold", "thin", "stop")


def _front(
    read: Callable[[FrontStatistics], float | None],
) -> Callable[[Snapshot], Iterable[Sample]]:
    def samples(snapshot: Snapshot) -> Iterable[Sample]:
        value = read(snapshot.front)
        if value is not None:
            yield (), float(value)

    return samples


def _each(
    read: Callable[[ThrottleStatistics], float | None],
) -> Callable[[Snapshot], Iterable[Sample]]:
    def samples(snapshot: Snapshot) -> Iterable[Sample]:
        for remote in snapshot.remotes:
            value = read(remote.statistics.throttle)
            if value is not None:
                yield (remote.url_label,), float(value)

    return samples


def _budget(
    read: Callable[[ThrottleStatistics], float | None],
) -> Callable[[Snapshot], Iterable[Sample]]:
    """None where there is no budget."""
    return _each(lambda throttle: read(throttle) if throttle.budget_bytes else None)


def _dropped(snapshot: Snapshot) -> Iterable[Sample]:
    for reason, count in snapshot.front.dropped_samples.items():
        yield (reason,), count


def _pressures(snapshot: Snapshot) -> Iterable[Sample]:
    for remote in snapshot.remotes:
        if remote.statistics.throttle.budget_bytes:
            for name in PRESSURES:
                yield (remote.url_label, name), remote.statistics.throttle.pressure == name


def _series(
    period: str, read: Callable[[FrontStatistics], SeriesLimitStatistics]
) -> Iterable[Family]:
    """vmagent's three, which are there while the limit is set."""
    name = f"vmagent_{period}_series_limit"
    span = {"hourly": "an hour", "daily": "a day"}[period]
    yield Family(
        f"{name}_max_series",
        "gauge",
        f"The most different series in {span}; -1 if they are only counted.",
        (),
        _front(lambda front: read(front).limit or None),
    )
    yield Family(
        f"{name}_current_series",
        "gauge",
        f"Different series in {span} so far, near enough.",
        (),
        _front(lambda front: read(front).current if read(front).limit else None),
    )
    yield Family(
        f"{name}_rows_dropped_total",
        "counter",
        "Samples of series beyond the limit.",
        (),
        _front(lambda front: read(front).dropped_samples if read(front).limit else None),
    )


FAMILIES = (
    Family(
        "vmagent_max_ingestion_rate_limit_reached_total",
        "counter",
        "How often -maxIngestionRate kept something back.",
        (),
        _front(lambda front: front.rate_reached_total if front.max_ingestion_rate else None),
    ),
    *_series("hourly", lambda front: front.hourly),
    *_series("daily", lambda front: front.daily),
    Family(
        "promferry_front_samples_dropped_total",
        "counter",
        "Samples dropped before they went to any remote, by reason.",
        ("reason",),
        _dropped,
    ),
    Family(
        "vmagent_remotewrite_rate_limit",
        "gauge",
        "The most bytes per second that the remote is sent; 0 is no limit.",
        ("url",),
        _each(lambda throttle: throttle.rate_limit_bytes),
    ),
    Family(
        "vmagent_remotewrite_rate_limit_reached_total",
        "counter",
        "Requests that had to wait for the rate limit.",
        ("url",),
        _each(lambda throttle: throttle.rate_limit_reached_total),
    ),
    Family(
        "promferry_remote_budget_bytes",
        "gauge",
        "The remote's data budget for a day or month.",
        ("url",),
        _budget(lambda throttle: throttle.budget_bytes),
    ),
    Family(
        "promferry_remote_budget_spent_bytes",
        "gauge",
        "What of it is spent, with what surrounds the bodies, near enough.",
        ("url",),
        _budget(lambda throttle: throttle.budget_spent_bytes),
    ),
    Family(
        "promferry_remote_budget_forecast_bytes",
        "gauge",
        "What will have been spent when it ends, at the rate so far; none before there is a rate.",
        ("url",),
        _budget(lambda throttle: throttle.budget_forecast_bytes),
    ),
    Family(
        "promferry_remote_budget_pressure",
        "gauge",
        "1 for what the budget asks for: nothing, warn, hold the backlog, thin, stop.",
        ("url", "pressure"),
        _pressures,
    ),
    Family(
        "promferry_remote_backlog_window_open",
        "gauge",
        "Whether a backlog may be sent now; none where it always may.",
        ("url",),
        _each(lambda throttle: throttle.backlog_window_open),
    ),
)
