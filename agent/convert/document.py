"""docs/migrate-from-*.md: tables of flags and keys from the code that converts them.

Takes the tables; gives Markdown. `python -m agent.convert.document` writes the files. The worked
example of each page is a conversion that is really run.
"""

from collections.abc import Iterator
from pathlib import Path

from agent.convert.collector import BATCH
from agent.convert.collector_auth import AUTHENTICATORS, TLS
from agent.convert.collector_receivers import prometheus_rules, server_rules
from agent.convert.collector_remote import RETRY, WAL, RemoteReader
from agent.convert.detect import convert
from agent.convert.differences import DEFAULTS
from agent.convert.note import counts
from agent.convert.outcome import Outcome
from agent.convert.pages import (
    COLLECTOR,
    COLLECTOR_FILE,
    PROMETHEUS,
    PROMETHEUS_UNIT,
    VMAGENT,
    VMAGENT_UNIT,
)
from agent.convert.table import Differs, Lost, Rules, Same, To
from agent.flags.flag import Flag
from agent.flags.table import TABLE

DOCS = Path(__file__).parents[2] / "docs"


def pages() -> dict[str, str]:
    """Name of the file -> its text."""
    return {
        "migrate-from-vmagent.md": _filled(VMAGENT, _vmagent()),
        "migrate-from-prometheus.md": _filled(PROMETHEUS, _prometheus()),
        "migrate-from-otel-collector.md": _filled(COLLECTOR, _collector()),
    }


def _filled(page: str, rest: Iterator[str]) -> str:
    return page.strip() + "\n" + "".join(rest)


def _example(outcome: Outcome) -> Iterator[str]:
    config = outcome.config_text()
    yield "\n## What the example becomes\n"
    yield f"\n```\n{outcome.command('prometheus.yml')}```\n"
    if config:
        yield f"\n```yaml\n{config}```\n"
    yield "\nwith this report:\n\n```\n"
    yield from (f"{note}\n" for note in outcome.notes)
    yield f"{outcome.source}: {counts(outcome.notes)}\n```\n"


def _vmagent() -> Iterator[str]:
    yield from _example(convert("vmagent.service", VMAGENT_UNIT.encode()))
    yield from _defaults("vmagent")
    yield from _flags([flag for flag in TABLE.flags if not flag.is_foreign])


def _prometheus() -> Iterator[str]:
    yield from _example(convert("prometheus.service", PROMETHEUS_UNIT.encode()))
    yield from _defaults("prometheus")
    yield from _flags([flag for flag in TABLE.flags if flag.is_foreign])


def _defaults(program: str) -> Iterator[str]:
    yield "\n## Defaults that differ\n\n| flag | default |\n|---|---|\n"
    yield from (f"| `-{name}` | {text} |\n" for name, text in DEFAULTS[program].items())


def _flags(flags: list[Flag]) -> Iterator[str]:
    yield "\n## Every flag\n\n| flag | what becomes of it |\n|---|---|\n"
    yield from (f"| `-{flag.name}` | {_fate(flag)} |\n" for flag in flags)


def _fate(flag: Flag) -> str:
    if flag.stands_for:
        return f"`-{flag.stands_for}`"
    if flag.later:
        return f"lost: {flag.later}"
    if flag.idle and not flag.effective:
        return f"no effect: {flag.idle}"
    return "the same"


def _collector() -> Iterator[str]:
    yield from _example(convert("collector.yml", COLLECTOR_FILE.encode()))
    outcome = Outcome(source="")
    reader = RemoteReader(outcome, {}, {})
    for title, rules in (
        ("`prometheusremotewrite`", reader.rules()),
        ("`tls` of an exporter", TLS),
        ("`remote_write_queue`, `sending_queue`", reader.queue_rules()),
        ("`retry_on_failure`", RETRY),
        ("`wal`", {"directory": Differs("`-remoteWrite.tmpDataPath`"), **WAL}),
        ("`otlp`: `grpc` and `http`", server_rules(outcome)),
        ("`prometheus` receiver", prometheus_rules(outcome, [])),
        ("`batch`", BATCH),
    ):
        yield f"\n## {title}\n\n| key | what becomes of it |\n|---|---|\n"
        yield from (f"| `{key}` | {_rule(rule)} |\n" for key, rule in rules.items())
    yield "\n## Extensions that authenticate\n\n"
    yield ", ".join(f"`{name}`" for name in AUTHENTICATORS) + "; others are lost.\n"


def _rule(rule: object) -> str:
    match rule:
        case To(path=path, differs=differs):
            return f"`{path}`" + (f"; {differs}" if differs else "")
        case Same(text=text):
            return f"the same: {text}"
        case Differs(text=text):
            return f"differs: {text}"
        case Lost(text=text):
            return f"lost: {text}"
        case _:
            return "its keys or value are converted"


__all__ = ["Rules", "pages"]

if __name__ == "__main__":
    for name, text in pages().items():
        (DOCS / name).write_text(text)
