"""Results as a table with ratios, and as JSON."""

import json
from collections.abc import Callable, Sequence

import attrs

from race.run import Result

# Title, and how to show a result under it.
COLUMNS: tuple[tuple[str, Callable[[Result], str]], ...] = (
    ("agent", lambda result: result.agent),
    ("s", lambda result: f"{result.seconds:.1f}"),
    ("CPU us/sample", lambda result: f"{result.us_per_sample:.2f}"),
    ("CPU %", lambda result: f"{100 * result.cpu_s / result.seconds:.1f}"),
    ("RSS MiB", lambda result: f"{result.resident_mib:.1f}"),
    ("peak MiB", lambda result: f"{result.peak_mib:.1f}"),
    ("samples/s", lambda result: f"{result.samples / result.seconds:.0f}"),
    ("scrapes", lambda result: f"{result.scrapes}{_failed(result.failed_scrapes)}"),
    ("scrape B/sample", lambda result: _per_sample(result.scrape_bytes, result)),
    ("pushes", lambda result: f"{result.pushes}{_failed(result.failed_pushes)}"),
    ("push B/sample", lambda result: _per_sample(result.push_bytes, result)),
    ("delivered/scrape", lambda result: _optional(result.delivered_per_scrape)),
)


def table(results: Sequence[Result]) -> str:
    rows = [[title for title, _ in COLUMNS], *(_row(result) for result in results)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def ratios(results: Sequence[Result]) -> str:
    """How the first compares with each other one; below 1 it takes less."""
    first, *others = results
    return "\n".join(
        f"{first.agent} / {other.agent}: "
        f"CPU {_ratio(first.us_per_sample, other.us_per_sample)}, "
        f"RSS {_ratio(first.resident_mib, other.resident_mib)}, "
        f"peak {_ratio(first.peak_mib, other.peak_mib)}, "
        f"push bytes {_ratio(_push_bytes(first), _push_bytes(other))}"
        for other in others
    )


def as_json(shape: str, results: Sequence[Result]) -> str:
    rows = [attrs.asdict(result) | {"us_per_sample": result.us_per_sample} for result in results]
    return json.dumps({"shape": shape, "results": rows})


def _row(result: Result) -> list[str]:
    return [show(result) for _, show in COLUMNS]


def _failed(count: int) -> str:
    return f" (+{count} failed)" if count else ""


def _per_sample(count: int, result: Result) -> str:
    return f"{count / result.samples:.2f}" if result.samples else "-"


def _push_bytes(result: Result) -> float:
    return result.push_bytes / result.samples if result.samples else 0.0


def _optional(value: float | None) -> str:
    return "-" if value is None else f"{value:.1f}"


def _ratio(ours: float, theirs: float) -> str:
    return f"{ours / theirs:.2f}" if theirs else "-"
