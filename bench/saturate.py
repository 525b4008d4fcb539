"""Samples a second through one process until it falls behind, for promferry and its peers.

Run: `python bench/saturate.py` (one agent and kind of page takes up to two minutes). The load goes
up in steps of whole targets, each scraped every second; it stops at the first step that was not
kept up with. Two cores serve the agent, nginx's pages and nginx's receiver.
"""

import argparse

from race.agents import contenders
from race.saturation import Step, climb
from race.shapes import Shape

# By pages: thousands of small ones, where the scrapes cost, or few large ones, where samples do.
PAGES = {
    "small": (Shape(what="pages of 507 series", targets=1), (200, 400, 800, 1200, 1600, 2000)),
    "large": (
        Shape(what="pages of 10 140 series", targets=1, series=10_140),
        (20, 60, 120, 160, 200, 240, 300),
    ),
}
HEAD = "samples/s due  CPU us/sample  agent CPU %  nginx CPU %  RSS MiB  push B/sample  kept up"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--agents", default="promferry", help="some of those of compare.py")
    parser.add_argument("--pages", default="small,large", help="small, large or both")
    parser.add_argument("--warmup", type=float, default=4.0)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each step's window")
    options = parser.parse_args()
    known = contenders()
    for pages in options.pages.split(","):
        shape, targets = PAGES[pages]
        for name in options.agents.split(","):
            print(f"{name}, {shape.what} each second\n{HEAD}", flush=True)
            best = 0.0
            for step in climb(
                name,
                known[name],
                shape,
                targets,
                warmup_s=options.warmup,
                seconds=options.seconds,
            ):
                print(_row(step), flush=True)
                best = best if step.why_not else step.rate
            print(f"{name}, {shape.what}: {best / 1e6:.2f} M samples/s kept up with", flush=True)


def _row(step: Step) -> str:
    result = step.result
    pushed = result.push_bytes / result.samples if result.samples else 0.0
    cells = (
        f"{step.rate:13,.0f}",
        f"{result.us_per_sample:13.2f}",
        f"{100 * result.cpu_s / result.seconds:11.0f}",
        f"{100 * step.web_cpu_s / result.seconds:11.0f}",
        f"{result.resident_mib:7.0f}",
        f"{pushed:13.2f}",
        step.why_not or "yes",
    )
    return "  ".join(cells)


if __name__ == "__main__":
    main()
