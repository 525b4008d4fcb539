"""The targets of jobs as text and as JSON."""

import json
from collections.abc import Mapping, Sequence
from typing import TextIO

from agent.commands.finding import Found
from scraper.duration import format_duration
from scraper.settings import ScrapeJob
from scraper.target import Target, discovered
from series.labels import canonical, readable


def write_text(found: Sequence[Found], out: TextIO) -> None:
    for each in found:
        targets = each.targets
        out.write(
            f"{each.setup.job.job_name}: {_counted(len(targets.targets))}, "
            f"{targets.dropped_total} dropped\n"
        )
        for target in targets.targets.values():
            out.write(f"  {_where(target)} every {format_duration(target.interval_s)}\n")
            out.write(f"    {readable(target.labels)}\n")
        for dropped in targets.dropped:
            labels = canonical(_without_defaults(each.setup.job, dropped.discovered_labels))
            out.write(f"  dropped {readable(labels)}\n    {dropped.explained()}\n")
        if more := targets.dropped_total - len(targets.dropped):
            out.write(f"  and {more} more dropped ones\n")


def write_json(found: Sequence[Found], out: TextIO) -> None:
    """One object a target, much as `promtool check service-discovery` tells them."""
    rows: list[dict[str, object]] = []
    for each in found:
        rows += [
            {
                "job": each.setup.job.job_name,
                "url": target.url,
                "labels": dict(target.labels),
                "discoveredLabels": dict(target.discovered_labels),
                "scrapeInterval": format_duration(target.interval_s),
                "scrapeTimeout": format_duration(target.timeout_s),
                "unixSocket": target.options.unix_socket or None,
            }
            for target in each.targets.targets.values()
        ]
        rows += [
            {
                "job": dropped.job,
                "discoveredLabels": dict(dropped.discovered_labels),
                "error": dropped.explained(),
            }
            for dropped in each.targets.dropped
        ]
    json.dump(rows, out, indent=2, ensure_ascii=False)
    out.write("\n")


def _without_defaults(job: ScrapeJob, labels: Mapping[str, str]) -> dict[str, str]:
    """Only what discovery says: the rest is the same for all of the job."""
    defaults = discovered(job, "", {})
    return {name: text for name, text in labels.items() if text != defaults.get(name)}


def _counted(count: int) -> str:
    return f"{count} target" if count == 1 else f"{count} targets"


def _where(target: Target) -> str:
    socket = target.options.unix_socket
    return f"{target.url} at {socket}" if socket else target.url
