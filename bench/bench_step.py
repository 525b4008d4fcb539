"""How long the loop stands still while a large page changes: the longest step of the core.

Run: `python bench/bench_step.py`. A page of 150 000 series in 13 MB, of which some series come and
go at each scrape; each step is timed, and so is the collector of cyclic garbage.
"""

import argparse
import gc
import time

from agent.garbage import look_rarely
from bench_scrape import NOW_MS, body_of, scrapes_of

STEPS_END = object()


def time_steps(series: int, rounds: int) -> None:
    lines = body_of(series, 1).split(b"\n")
    collected: list[float] = []

    def watch(phase: str, info: object) -> None:
        if phase == "start":
            collected.append(-time.thread_time())
        else:
            collected[-1] += time.thread_time()

    (scrape,) = scrapes_of(1)
    look_rarely()
    gc.callbacks.append(watch)
    for number in range(rounds):
        new = [b'node_new_total{n="%d"} 1' % at for at in range(number * 10, number * 10 + 10)]
        at = len(lines) // 2
        body = b"\n".join([*lines[:at], *new, *lines[at:]]) if number != 2 else b"\n".join(lines)
        collected.clear()
        steps = scrape.render(body, NOW_MS + number * 1000)
        count, whole = 0, time.perf_counter()
        longest_s = 0.0
        while True:
            begun = time.thread_time()
            is_over = next(steps, STEPS_END) is STEPS_END
            longest_s = max(longest_s, time.thread_time() - begun)
            count += 1
            if is_over:
                break
        whole = time.perf_counter() - whole
        print(
            f"{series} series, page {number}: {whole * 1e3:.0f} ms in {count} steps, the longest "
            f"{longest_s * 1e3:.1f} ms; collector {sum(collected) * 1e3:.1f} ms in "
            f"{len(collected)} runs, the longest {max(collected, default=0) * 1e3:.1f} ms"
        )
    gc.callbacks.remove(watch)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    is_smoke = parser.parse_args().smoke
    time_steps(1000 if is_smoke else 150_000, 2 if is_smoke else 5)


if __name__ == "__main__":
    main()
