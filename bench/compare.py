"""The race: promferry and its peers on the same course in turn, counted by a third party.

Run: `python bench/compare.py --shape many`. nginx serves the pages and takes the pushes; CPU and
memory are those of the agent's process alone. Prints a table, ratios and a line of JSON.
"""

import argparse
import sys
from pathlib import Path

from race.agents import Contender, contenders
from race.report import as_json, ratios, table
from race.run import race
from race.shapes import SHAPES


def main() -> int:
    options = _parser().parse_args()
    shape = SHAPES[options.shape]
    warmup_s = shape.warmup_s if options.warmup is None else options.warmup
    results = []
    for name, contender in _chosen(options.agents).items():
        print(
            f"{name}: {shape.what}, {warmup_s:g} s warm-up, {options.seconds:g} s", file=sys.stderr
        )
        results.append(
            race(
                name,
                contender,
                shape,
                seconds=options.seconds,
                warmup_s=warmup_s,
                is_proven=not options.no_proof,
            )
        )
    print(f"{options.shape}: {shape.what}, {options.seconds:g} s\n{table(results)}")
    if len(results) > 1:
        print(ratios(results))
    line = as_json(options.shape, results)
    print(line)
    if options.json:
        Path(options.json).write_text(line + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    shapes = "; ".join(f"{name}: {shape.what}" for name, shape in SHAPES.items())
    parser.add_argument("--shape", choices=SHAPES, default="many", help=shapes)
    parser.add_argument("--seconds", type=float, default=30.0, help="the measured window")
    parser.add_argument("--warmup", type=float, help="before it (default: by shape)")
    parser.add_argument(
        "--agents",
        default="promferry,vmagent",
        help="in this order; also prometheus, and what PROMFERRY_PEER_<NAME>=program adds",
    )
    parser.add_argument("--no-proof", action="store_true", help="do not count delivered samples")
    parser.add_argument("--json", metavar="FILE", help="write the line of JSON there, too")
    return parser


def _chosen(names: str) -> dict[str, Contender]:
    known = contenders()
    chosen = {}
    for name in names.split(","):
        if name not in known:
            raise SystemExit(f"unknown agent {name!r}; known: {', '.join(known)}")
        if known[name].program is None:
            raise SystemExit(f"{name} is not installed")
        chosen[name] = known[name]
    return chosen


if __name__ == "__main__":
    sys.exit(main())
