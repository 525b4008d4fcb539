"""What reaches the sink of one target, told as text: the form that tables of cases have.

A target `h:1` answers with one page after the other. Labels that every target has (`job="j"`,
`instance="h:1"`) are left out where they say nothing but that.
"""

import re
from collections.abc import Mapping, Sequence

import attrs
import trio

from scraper.manager import Manager
from scraper.settings import StaticDiscovery, TargetGroup
from tests.scraper.batches import Row
from tests.scraper.fleet import Fleet, Reply, job_of

_USUAL = re.compile(r'(?<![a-z_])(?:job="j"|instance="h:1"),?')


@attrs.frozen
class Told:
    """One scrape: `series value` for each sample, with `@timestamp` if it has one of its own."""

    samples: list[str]
    report: dict[str, float | str]


async def scraped(
    fleet: Fleet,
    pages: Sequence[str | Reply],
    labels: Mapping[str, str] | None = None,
    **settings: object,
) -> tuple[Manager, list[Told]]:
    replies = [page if isinstance(page, Reply) else Reply(page) for page in pages]
    fleet.scripts["h:1"] = lambda number: replies[min(number, len(replies) - 1)]
    group = TargetGroup(targets=("h:1",), labels=labels or {})
    job = job_of(discoveries=(StaticDiscovery(groups=(group,)),), **settings)
    manager = fleet.manager()
    await fleet.nursery.start(manager.run, [job], {})
    with trio.fail_after(100 * len(pages)):
        await fleet.wait_puts(len(pages))
    return manager, [_told(rows) for rows in fleet.puts[: len(pages)]]


def _told(rows: Sequence[Row]) -> Told:
    names = [short(name) for name, _, _ in rows]
    # The report is the last batch, and `up` its first series.
    begins = max(at for at, name in enumerate(names) if name.partition("{")[0] == "up")
    due_ms = rows[begins][2]
    return Told(
        samples=[
            f"{name} {_value(value)}" + (f" @{stamp}" if stamp != due_ms else "")
            for name, (_, value, stamp) in zip(names[:begins], rows, strict=False)
        ],
        report={names[at].partition("{")[0]: rows[at][1] for at in range(begins, len(rows))},
    )


def short(series: str) -> str:
    """The series without its usual labels."""
    return _USUAL.sub("", series).replace(",}", "}").replace("{}", "")


def _value(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"
