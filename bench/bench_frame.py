"""Framing a batch for remote write 1.0: microseconds a sample.

Run: `python bench/bench_frame.py`. DESIGN section 4 has the figures of the prototype.
"""

import argparse
import time
from array import array

from series.batch import Batch
from series.frame import frame
from series.layout import Layout
from series.template import Template
from series.wire import encode_label, encode_labels


def layout_of(count: int, *, with_holes: bool) -> Layout:
    templates = []
    for number in range(count):
        name = encode_labels((("__name__", f"metric_{number}"), ("device", f"eth{number}")))
        if with_holes:
            templates.append(Template((name, b"", b""), (0, 1)))
        else:
            rest = encode_labels((("instance", "10.0.0.1:9100"), ("job", "node")))
            templates.append(Template((name + rest,)))
    return Layout(tuple(templates))


def time_frame(count: int, rounds: int, *, with_holes: bool) -> float:
    """The best round's microseconds a sample."""
    batch = Batch(
        lane_key=0,
        layout=layout_of(count, with_holes=with_holes),
        values=array("d", range(count)),
        timestamps=1_790_000_000_000,
        chunks=(encode_label("instance", "10.0.0.1:9100"), encode_label("job", "node")),
    )
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        frame(batch)
        best = min(best, time.perf_counter() - start)
    return best / count * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    rounds = 2 if parser.parse_args().smoke else 300
    for with_holes in (False, True):
        kind = "with holes" if with_holes else "constant"
        cost_us = time_frame(507, rounds, with_holes=with_holes)
        print(f"frame 507 series, {kind}: {cost_us:.3f} us/sample")


if __name__ == "__main__":
    main()
