"""`python -m tests.durability [--agents A,B] [--faults X,Y] [--path DIR] [--write FILE]`.

The agents go through each fault at the same time, each with its own target and remote. The file,
docs/durability-table.md, is written only when all faults are through: it is one run.
"""

import argparse
import datetime
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.durability.faults import FAULTS, Fault, measure
from tests.durability.subjects import KINDS
from tests.integration.peers import PACKAGES

_VERSION = re.compile(r"\d+\.\d+\.\d+")
_HEAD = """\
# What three agents lose, fault by fault

Written by `python -m tests.durability --write docs/durability-table.md`, in one run on {date} that
took {minutes} minutes, the three side by side on {cores} cores: {versions}. What the lines
mean stands in [durability.md](durability.md#the-same-faults-for-three-agents).
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", default=",".join(KINDS))
    parser.add_argument("--faults", default=",".join(fault.__name__ for fault in FAULTS))
    parser.add_argument("--path", help="where the queues are; a real disk shows its syncs")
    parser.add_argument("--write", type=Path, help="a Markdown file for the whole table")
    options = parser.parse_args()
    names = options.agents.split(",")
    chosen = [fault for fault in FAULTS if fault.__name__ in options.faults.split(",")]
    started = datetime.datetime.now(datetime.UTC)
    lines = []
    for line in _table(names, chosen, options.path):
        print(line, flush=True)
        lines.append(line)
    if options.write is not None:
        took = datetime.datetime.now(datetime.UTC) - started
        head = _HEAD.format(
            date=started.date(),
            minutes=round(took.total_seconds() / 60),
            cores=os.cpu_count(),
            versions=", ".join(f"{name} {_version(name)}" for name in names),
        )
        options.write.write_text(head + "\n" + "\n".join(lines) + "\n")
    return 0


def _table(names: list[str], faults: list[Fault], path: str | None) -> Iterator[str]:
    yield f"| fault | {' | '.join(names)} |"
    yield f"|---|{'---|' * len(names)}"
    with tempfile.TemporaryDirectory(dir=path) as directory:
        for fault in faults:
            cells = _row(names, fault, Path(directory))
            yield f"| {fault.__doc__} | {' | '.join(cells)} |"


def _row(names: list[str], fault: Fault, directory: Path) -> list[str]:
    def cell(name: str) -> str:
        return str(measure(name, fault, directory / f"{name}-{fault.__name__}"))

    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(cell, names))


def _version(name: str) -> str:
    """As the program says it, or its package where it says nothing; no builder, no path."""
    asked = ([*KINDS[name].program(), "--version"], ["dpkg-query", "-W", PACKAGES.get(name, "")])
    for argv in asked:
        told = subprocess.run(argv, capture_output=True, text=True, check=False)
        if found := _VERSION.search(told.stdout + told.stderr):
            return found[0]
    return "of unknown version"


if __name__ == "__main__":
    sys.exit(main())
