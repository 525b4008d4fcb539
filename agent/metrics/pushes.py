"""Rows on what was pushed, under vmagent's names where it has one."""

from collections.abc import Iterable, Iterator, Mapping

from agent.metrics.family import Family, Sample, Snapshot, spread

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
    *spread(
        "vmagent_rows_per_insert",
        "Samples of one push",
        (),
        lambda snapshot: (
            [((), snapshot.pushes.rows_per_insert)] if snapshot.pushes.requests else []
        ),
    ),
)
