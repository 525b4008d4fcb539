"""docs/metrics.md, from the rows, so that it cannot lie.

Takes the families; gives Markdown. `python -m agent.metrics.document` writes the file.
"""

from collections.abc import Iterable
from pathlib import Path

from agent.metrics import kernel, limits, process, prometheus_names, pushes, remotes, scraping
from agent.metrics.family import Family

PATH = Path(__file__).parents[2] / "docs" / "metrics.md"

_INTRODUCTION = """\
# Metrics

What `/metrics` shows of the agent itself. Generated from `agent/metrics/` by
`python -m agent.metrics.document`.

Where vmagent has a metric for the same thing, ours bears its name and labels, so that its published
dashboard and alert rules work as they stand. `vm_app_version` therefore begins with `vmagent-`, by
which the dashboard finds its jobs. Names that begin with `promferry_` are for what nobody else has.

- `url` is `1:secret-url` and so on, the remote's `name` where it has one, or the URL itself with
  `-remoteWrite.showURL`. `path` is the queue's directory.
- A histogram is written as VictoriaMetrics does it: `_bucket` by `vmrange`, `_sum` and `_count`;
  MetricsQL's `histogram_quantile` reads it.
- What a machine does not tell (`/proc`, pressure of the cgroup) is absent, never 0.
- `-pushmetrics.url` pushes the same text, for hosts that nobody can scrape.
"""
_SECTIONS: tuple[tuple[str, tuple[Family, ...]], ...] = (
    ("Remotes and queues", remotes.FAMILIES),
    ("Limits", limits.FAMILIES),
    ("Scraping", scraping.FAMILIES),
    ("Pushes", pushes.FAMILIES),
    ("The agent", process.FAMILIES),
    ("The process", kernel.FAMILIES),
    ("Under Prometheus' names, with `-metrics.prometheusNames`", prometheus_names.FAMILIES),
)


def render_document() -> str:
    return _INTRODUCTION + "".join(_section(*section) for section in _SECTIONS)


def _section(title: str, families: Iterable[Family]) -> str:
    rows = "".join(map(_row, sorted(families, key=lambda family: family.name)))
    return f"\n## {title}\n\n| name | type | labels | what it says |\n|---|---|---|---|\n{rows}"


def _row(family: Family) -> str:
    labels = ", ".join(f"`{label}`" for label in family.labels)
    return f"| `{family.name}` | {family.kind} | {labels} | {family.help} |\n"


if __name__ == "__main__":
    PATH.write_text(render_document())
