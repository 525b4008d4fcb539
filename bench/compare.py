"""The race: promferry and its peers on the same course in turn, counted by a third party.

Run: `python bench/compare.py --shape many`. nginx serves the pages and takes the pushes; CPU and
memory are those of the agent's processes alone. Prints a table, ratios and a line of JSON.
"""

import argparse
import sys
from pathlib import Path

import attrs

from race.agents import Contender, contenders
from race.chart import svg
from race.page import replaced
from race.report import as_json, ratios, table
from race.run import Result, race
from race.shapes import SHAPES, Shape


def main() -> int:
    options = _parser().parse_args()
    agents = _chosen(options.agents)
    if options.plot and not options.plot.endswith(".svg"):
        raise SystemExit(f"--plot {options.plot}: an SVG is drawn; say FILE.svg")
    results = {}
    lines = []
    for name, shape in _shapes(options.shape, options.values).items():
        rows = results[name] = [
            _race(agent, contender, shape, options) for agent, contender in agents.items()
        ]
        print(f"{name}: {shape.what}\n{table(rows)}")
        if len(rows) > 1:
            print(ratios(rows))
        lines.append(as_json(name, rows))
        print(lines[-1], flush=True)
    if options.json:
        Path(options.json).write_text("\n".join(lines) + "\n")
    if options.plot:
        Path(options.plot).write_text(svg(results))
    if options.page:
        page = Path(options.page)
        page.write_text(replaced(page.read_text(), results, f"Values: {options.values}."))
    return 0


def _race(agent: str, contender: Contender, shape: Shape, options: argparse.Namespace) -> Result:
    warmup_s = shape.warmup_s if options.warmup is None else options.warmup
    seconds = shape.window_s if options.seconds is None else options.seconds
    what = "" if shape.is_cold else f", {warmup_s:g} s warm-up, {seconds:g} s"
    print(f"{agent}: {shape.what}{what}", file=sys.stderr)
    is_proven = not options.no_proof
    return race(agent, contender, shape, seconds=seconds, warmup_s=warmup_s, is_proven=is_proven)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    shapes = "; ".join(f"{name}: {shape.what}" for name, shape in SHAPES.items())
    shapes = shapes.replace("%", "%%")  # argparse formats its texts
    parser.add_argument("--shape", default="many", help=f"one, some (a,b) or all. {shapes}")
    parser.add_argument(
        "--values",
        choices=("same", "changing"),
        default="same",
        help="changing: nginx serves one of several recorded pages by chance",
    )
    parser.add_argument("--seconds", type=float, help="the measured window (default: by shape)")
    parser.add_argument("--warmup", type=float, help="before it (default: by shape)")
    parser.add_argument(
        "--agents",
        default="promferry,vmagent",
        help="in this order; also prometheus, and what PROMFERRY_PEER_<NAME>=program adds",
    )
    parser.add_argument("--no-proof", action="store_true", help="do not count delivered samples")
    parser.add_argument("--json", metavar="FILE", help="write the lines of JSON there, too")
    parser.add_argument("--plot", metavar="FILE.svg", help="draw a chart")
    parser.add_argument("--page", metavar="FILE.md", help="write the table into that page")
    return parser


def _shapes(names: str, values: str) -> dict[str, Shape]:
    chosen = {}
    for name in SHAPES if names == "all" else names.split(","):
        if name not in SHAPES:
            raise SystemExit(f"unknown shape {name!r}; known: {', '.join(SHAPES)}")
        chosen[name] = attrs.evolve(SHAPES[name], values_change=values == "changing")
    return chosen


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
