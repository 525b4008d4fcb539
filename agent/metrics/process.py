"""Rows on the agent itself: version, flags, reloads, log lines, its web server.

vmagent's names; `process_*` and `python_*` come from prometheus_client's own collectors.
"""

from collections.abc import Callable, Iterable

from agent.metrics.family import Family, Sample, Snapshot
from web.server import ServerStatistics


def _one(read: Callable[[Snapshot], float]) -> Callable[[Snapshot], Iterable[Sample]]:
    return lambda snapshot: [((), float(read(snapshot)))]


def _server(read: Callable[[ServerStatistics], float]) -> Callable[[Snapshot], Iterable[Sample]]:
    def samples(snapshot: Snapshot) -> Iterable[Sample]:
        if snapshot.server is not None:
            yield (), float(read(snapshot.server))

    return samples


def _flags(snapshot: Snapshot) -> Iterable[Sample]:
    for name, value, is_set in snapshot.flags:
        yield (name, value, "true" if is_set else "false"), 1.0


def _log_messages(snapshot: Snapshot) -> Iterable[Sample]:
    for (level, place, is_printed), count in snapshot.logs.messages.items():
        yield (place, level, "true" if is_printed else "false"), count


def _version(snapshot: Snapshot) -> Iterable[Sample]:
    yield (f"promferry-{snapshot.version}", snapshot.version), 1.0


FAMILIES = (
    Family("vm_app_version", "gauge", "1, by version.", ("version", "short_version"), _version),
    Family(
        "vm_app_start_timestamp",
        "gauge",
        "When the agent started, in epoch seconds.",
        (),
        _one(lambda snapshot: snapshot.started_s),
    ),
    Family(
        "vm_app_uptime_seconds",
        "gauge",
        "For how long the agent has been running.",
        (),
        _one(lambda snapshot: max(0.0, snapshot.now_s - snapshot.started_s)),
    ),
    Family("flag", "gauge", "1, by flag; secrets are masked.", ("name", "value", "is_set"), _flags),
    Family(
        "vm_log_messages_total",
        "counter",
        "Log lines, by place in the code and level.",
        ("location", "level", "is_printed"),
        _log_messages,
    ),
    Family(
        "vm_promscrape_config_reloads_total",
        "counter",
        "Reloads of the configuration, good or not.",
        (),
        _one(lambda snapshot: snapshot.reloads.total),
    ),
    Family(
        "vm_promscrape_config_reloads_errors_total",
        "counter",
        "Reloads that found a bad configuration and changed nothing.",
        (),
        _one(lambda snapshot: snapshot.reloads.errors_total),
    ),
    Family(
        "vm_promscrape_config_last_reload_successful",
        "gauge",
        "1 if the last reload, or the start, was good.",
        (),
        _one(lambda snapshot: snapshot.reloads.is_last_good),
    ),
    Family(
        "vm_promscrape_config_last_reload_success_timestamp_seconds",
        "gauge",
        "When the configuration was last read well, in epoch seconds.",
        (),
        _one(lambda snapshot: snapshot.reloads.last_success_s),
    ),
    Family(
        "promferry_http_connections",
        "gauge",
        "Open connections to the agent's own pages and API.",
        (),
        _server(lambda server: server.connections),
    ),
    Family(
        "promferry_http_requests_total",
        "counter",
        "Requests to the agent's own pages and API.",
        (),
        _server(lambda server: server.requests_total),
    ),
    Family(
        "promferry_http_connections_refused_total",
        "counter",
        "Connections refused because too many were open.",
        (),
        _server(lambda server: server.refused_total),
    ),
)
