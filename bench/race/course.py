"""The pages of a shape, as files that nginx chooses from: by target, by minute, by chance.

Takes a shape and its addresses; writes `<variant>/<minute>/<address>/metrics`, and the same
compressed. Where a shape does not differ in one of these the folder is called `same`.
"""

import gzip
import random
from collections.abc import Iterator
from pathlib import Path

from race.pages import page_of, with_label, with_other_values
from race.shapes import Shape

SAME = "same"
VARIANTS = 4  # of values, one by chance for each scrape
MINUTES = 60
CHURN_GROUPS = 10


def variants(shape: Shape) -> list[str]:
    return [f"v{number}" for number in range(VARIANTS)] if shape.values_change else [SAME]


def minutes(shape: Shape) -> list[str]:
    return [f"{minute:02}" for minute in range(MINUTES)] if shape.churns else [SAME]


def hosts(shape: Shape, addresses: list[str]) -> list[str]:
    return [address.partition(":")[0] for address in addresses] if shape.unique else [SAME]


def lay(root: Path, shape: Shape, addresses: list[str]) -> None:
    plain = page_of(shape.series).splitlines(keepends=True)
    for number, variant in enumerate(variants(shape)):
        changed = with_other_values(plain, number) if number else plain
        for minute in minutes(shape):
            churned = list(_churned(changed, int(minute))) if shape.churns else changed
            for host in hosts(shape, addresses):
                lines = list(_own(churned, shape.unique, host)) if shape.unique else churned
                folder = root / variant / minute / host
                folder.mkdir(parents=True)
                page = "".join(lines).encode()
                (folder / "metrics").write_bytes(page)
                (folder / "metrics.gz").write_bytes(gzip.compress(page, 6))


def _own(lines: list[str], part: float, host: str) -> Iterator[str]:
    """That part of the lines, the same ones for each host, bears a label of the host's own."""
    chance = random.Random(1)
    for line in lines:
        is_own = not line.startswith("#") and chance.random() < part
        yield with_label(line, "pod", f"pod-{host}") if is_own else line


def _churned(lines: list[str], minute: int) -> Iterator[str]:
    """In minute m the series of group m (modulo the groups) are new ones."""
    samples = 0
    for line in lines:
        if line.startswith("#"):
            yield line
            continue
        born = minute - (minute - samples) % CHURN_GROUPS
        samples += 1
        yield with_label(line, "container", f"c{born}")
