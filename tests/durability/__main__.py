"""`python -m tests.durability [--agents A,B] [--faults X,Y] [--path DIR]`: the table, in Markdown.

The agents go through each fault at the same time, each with its own target and remote.
"""

import argparse
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.durability.faults import FAULTS, Fault, measure
from tests.durability.subjects import KINDS


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", default=",".join(KINDS))
    parser.add_argument("--faults", default=",".join(fault.__name__ for fault in FAULTS))
    parser.add_argument("--path", help="where the queues are; a real disk shows its syncs")
    options = parser.parse_args()
    names = options.agents.split(",")
    chosen = [fault for fault in FAULTS if fault.__name__ in options.faults.split(",")]
    print(f"| fault | {' | '.join(names)} |\n|---|{'---|' * len(names)}", flush=True)
    with tempfile.TemporaryDirectory(dir=options.path) as directory:
        for fault in chosen:
            cells = _row(names, fault, Path(directory))
            print(f"| {fault.__doc__} | {' | '.join(cells)} |", flush=True)
    return 0


def _row(names: list[str], fault: Fault, directory: Path) -> list[str]:
    def cell(name: str) -> str:
        return str(measure(name, fault, directory / f"{name}-{fault.__name__}"))

    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(cell, names))


if __name__ == "__main__":
    sys.exit(main())
