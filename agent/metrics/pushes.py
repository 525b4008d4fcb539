"""Rows on what was pushed, under vmagent's names where it has one."""

from agent.metrics.family import Family, spread

FAMILIES = (
    Family(
        "vmagent_rows_inserted_total",
        "counter",
        "Samples pushed and taken.",
        ("type",),
        lambda snapshot: [((kind,), float(n)) for kind, n in snapshot.pushes.rows.items()],
    ),
    Family(
        "vm_protoparser_rows_read_total",
        "counter",
        "Samples read from pushes.",
        ("type",),
        lambda snapshot: [
            ((kind,), float(n + snapshot.pushes.invalid.get(kind, 0)))
            for kind, n in snapshot.pushes.rows.items()
        ],
    ),
    Family(
        "vm_rows_invalid_total",
        "counter",
        "Points (OTLP) or series (remote write) pushed that could not be taken.",
        ("type",),
        lambda snapshot: [((kind,), float(n)) for kind, n in snapshot.pushes.invalid.items()],
    ),
    Family(
        "promferry_push_requests_total",
        "counter",
        "Pushes, taken or refused.",
        ("type",),
        lambda snapshot: [((kind,), float(n)) for kind, n in snapshot.pushes.requests.items()],
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
