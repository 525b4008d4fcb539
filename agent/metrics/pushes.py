"""Rows on what was pushed, under vmagent's names where it has one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from agent.metrics.family import Family, Sample, Snapshot, spread

if TYPE_CHECKING:
    # Late: an agent without pushes does not load what translates them.
    from receivers.otlp.cumulate import CumulationStatistics

# Reasons of a refusal that are about getting the body, not about what is in it.
_READ = frozenset(("body", "too_large"))
_CONTENT = frozenset(("gzip", "snappy", "zstd", "protobuf", "json", "utf8", "grpc"))


def read_rows(snapshot: Snapshot) -> Iterator[Sample]:
    """By format: what was read of pushes, taken or not."""
    pushes = snapshot.pushes
    for kind, rows in pushes.rows.items():
        yield (kind,), float(rows + pushes.invalid.get(kind, 0))


def invalid_rows(snapshot: Snapshot) -> Iterable[Sample]:
    return _by_type(snapshot.pushes.invalid)


def _by_type(counts: Mapping[str, int]) -> list[Sample]:
    return [((kind,), float(count)) for kind, count in counts.items()]


def _errors(snapshot: Snapshot, reasons: frozenset[str]) -> list[Sample]:
    found = {kind: 0 for kind in snapshot.pushes.requests}
    for (kind, reason), count in snapshot.pushes.refused.items():
        if reason in reasons:
            found[kind] += count
    return _by_type(found)


def _cumulation(
    read: "Callable[[CumulationStatistics], int]",
) -> Callable[[Snapshot], list[Sample]]:
    def rows(snapshot: Snapshot) -> list[Sample]:
        found = snapshot.pushes.cumulation
        return [] if found is None else [((), float(read(found)))]

    return rows


FAMILIES = (
    Family(
        "vmagent_rows_inserted_total",
        "counter",
        "Samples pushed and taken.",
        ("type",),
        lambda snapshot: _by_type(snapshot.pushes.rows),
    ),
    Family(
        "vmagent_metadata_inserted_total",
        "counter",
        "Metadata of metrics pushed and taken.",
        ("type",),
        lambda snapshot: _by_type(snapshot.pushes.metadata),
    ),
    Family(
        "vm_protoparser_metadata_read_total",
        "counter",
        "The same.",
        ("type",),
        lambda snapshot: _by_type(snapshot.pushes.metadata),
    ),
    Family(
        "vm_protoparser_read_errors_total",
        "counter",
        "Pushes whose body did not come, or was too large.",
        ("type",),
        lambda snapshot: _errors(snapshot, _READ),
    ),
    Family(
        "vm_protoparser_unmarshal_errors_total",
        "counter",
        "Pushes whose body could not be understood.",
        ("type",),
        lambda snapshot: _errors(snapshot, _CONTENT),
    ),
    Family(
        "promferry_push_requests_total",
        "counter",
        "Pushes, taken or refused.",
        ("type",),
        lambda snapshot: _by_type(snapshot.pushes.requests),
    ),
    Family(
        "promferry_push_refused_total",
        "counter",
        "Pushes refused whole.",
        ("type", "reason"),
        lambda snapshot: [(key, float(n)) for key, n in snapshot.pushes.refused.items()],
    ),
    Family(
        "promferry_otlp_cumulated_series",
        "gauge",
        "Series whose delta points are added up (-otlp.delta=cumulative).",
        (),
        _cumulation(lambda held: held.series),
    ),
    Family(
        "promferry_otlp_cumulated_max_series",
        "gauge",
        "The most that are held at a time.",
        (),
        _cumulation(lambda held: held.max_series),
    ),
    Family(
        "promferry_otlp_cumulated_forgotten_total",
        "counter",
        "Series given up for others; what comes of them later is added up from nothing.",
        (),
        _cumulation(lambda held: held.forgotten_total),
    ),
    *spread(
        "vmagent_rows_per_insert",
        "Samples of one push",
        (),
        lambda snapshot: (
            [((), snapshot.pushes.rows_per_insert)] if snapshot.pushes.requests else []
        ),
    ),
)
