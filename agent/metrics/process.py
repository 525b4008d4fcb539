"""Rows on the agent itself: version, flags, reloads, log lines, its web server.

vmagent's names; what the kernel knows of the process is in `agent.metrics.kernel`.
"""

from collections.abc import Callable, Iterable, Mapping

from agent.metrics.family import Family, Sample, Snapshot
from web.admission import AdmissionStatistics
from web.counts import PathStatistics
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
    yield (f"vmagent-promferry-{snapshot.version}", snapshot.version), 1.0


def _paths(
    read: Callable[[PathStatistics], Mapping[str, int]],
) -> Callable[[Snapshot], Iterable[Sample]]:
    return lambda snapshot: [((path,), count) for path, count in read(snapshot.paths).items()]


def _admission(
    read: Callable[[AdmissionStatistics], float],
) -> Callable[[Snapshot], Iterable[Sample]]:
    def samples(snapshot: Snapshot) -> Iterable[Sample]:
        if snapshot.admission is not None:
            yield (), float(read(snapshot.admission))

    return samples


FLAG = Family(
    "flag", "gauge", "1, by flag; secrets are masked.", ("name", "value", "is_set"), _flags
)
FAMILIES = (
    Family(
        "vm_app_prev_shutdown_unclean",
        "gauge",
        "1 if the run before this one ended without a stop: a crash, a kill, a power cut.",
        (),
        _one(lambda snapshot: snapshot.was_unclean),
    ),
    Family(
        "vmagent_relabel_config_last_reload_successful",
        "gauge",
        "As vm_promscrape_config_last_reload_successful: rule files are read with the rest.",
        (),
        _one(lambda snapshot: snapshot.reloads.is_last_good),
    ),
    Family(
        "vmagent_http_requests_total",
        "counter",
        "Requests to the agent's own server, by path.",
        ("path",),
        _paths(lambda paths: paths.requests),
    ),
    Family(
        "vmagent_http_request_errors_total",
        "counter",
        "Those that were answered by a status of 400 and above.",
        ("path",),
        _paths(lambda paths: paths.errors),
    ),
    Family(
        "vm_tcplistener_read_bytes_total",
        "counter",
        "Bytes that came to the agent's own server.",
        ("name",),
        lambda snapshot: [
            (("http",), snapshot.server.read_bytes_total if snapshot.server else 0.0)
        ],
    ),
    Family(
        "vm_tcplistener_written_bytes_total",
        "counter",
        "Bytes that the agent's own server sent.",
        ("name",),
        lambda snapshot: [
            (("http",), snapshot.server.written_bytes_total if snapshot.server else 0.0)
        ],
    ),
    Family(
        "vm_concurrent_insert_current",
        "gauge",
        "Pushes that are taken now.",
        (),
        _admission(lambda admission: admission.current),
    ),
    Family(
        "vm_concurrent_insert_capacity",
        "gauge",
        "How many pushes are taken at a time.",
        (),
        _admission(lambda admission: admission.capacity),
    ),
    Family(
        "vm_concurrent_insert_limit_reached_total",
        "counter",
        "Pushes that had to wait for a place.",
        (),
        _admission(lambda admission: admission.limit_reached_total),
    ),
    Family(
        "vm_concurrent_insert_limit_timeout_total",
        "counter",
        "Pushes that were refused because no place became free.",
        (),
        _admission(lambda admission: admission.limit_timeout_total),
    ),
    Family("vm_app_version", "gauge", "1, by version.", ("version", "short_version"), _version),
    Family(
        "promferry_kernel_info",
        "gauge",
        "1, by which hot loops run: c, compiled; py, pure Python.",
        ("kernel",),
        lambda snapshot: [((snapshot.kernel,), 1.0)],
    ),
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
    FLAG,
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
        "promferry_http_handshakes_failed_total",
        "counter",
        "TLS handshakes with the agent's own server that failed.",
        (),
        _server(lambda server: server.handshakes_failed_total),
    ),
    Family(
        "promferry_http_connections_refused_total",
        "counter",
        "Connections refused because too many were open.",
        (),
        _server(lambda server: server.refused_total),
    ),
)
