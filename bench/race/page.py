"""The block of figures in docs/performance.md, written anew by `compare.py --page`.

Takes the text of the page and results; gives the text with the block between the marks replaced.
"""

import os
import platform
from collections.abc import Mapping, Sequence

from race.report import ratios
from race.run import Result

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEAD = (
    "| shape | agent | CPU us/sample | resident MiB | peak MiB | scrape B/sample "
    "| push B/sample |\n"
    "|---|---|--:|--:|--:|--:|--:|\n"
)


def replaced(page: str, results: Mapping[str, Sequence[Result]], note: str) -> str:
    before, begin, rest = page.partition(BEGIN)
    _, end, behind = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"the page has no {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{block(results, note)}\n{END}{behind}"


def block(results: Mapping[str, Sequence[Result]], note: str) -> str:
    rows = [
        f"| {shape if not at else ''} | {row.agent} | {row.us_per_sample:.2f} "
        f"| {row.resident_mib:.0f} | {row.peak_mib:.0f} | {_each(row.scrape_bytes, row)} "
        f"| {_each(row.push_bytes, row)} |\n"
        for shape, rows in results.items()
        for at, row in enumerate(rows)
    ]
    compared = [
        f"- {shape}: {line}\n"
        for shape, rows in results.items()
        if len(rows) > 1
        for line in ratios(rows).splitlines()
    ]
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    return (
        f"{_HEAD}{''.join(rows)}\n{''.join(compared)}\n{note} {machine}; load at the end: {load}.\n"
    )


def _each(count: int, row: Result) -> str:
    return f"{count / row.samples:.1f}" if row.samples else "-"
