"""How long the loop stands still while a large page changes: the longest step of the core.

Run: `python bench/bench_step.py`. A page of 150 000 series in 13 MB, of which some series come and
go at each scrape; each step is timed, and so is the collector of cyclic garbage. Then the reading
alone of a page of histograms in each format, with all options that rearrange it.
"""

import argparse
import gc
import struct
import time
from collections.abc import Iterator, Mapping, Sequence

from agent.garbage import look_rarely
from bench_scrape import NOW_MS, body_of, scrapes_of
from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from series.wire import varint

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


def time_formats(series: int) -> None:
    """The longest step of each format, read for the first time and again, with all options."""
    options = ReadOptions(
        native_histograms=True,
        classic_too=True,
        to_nhcb=True,
        start_timestamps=True,
        normalizes=True,
    )
    for format_, body in _bodies(series):
        reader, known = BodyReader(Outlines()), _Known()
        reader.options = options
        for which in ("first", "again"):
            steps, count, longest_s = reader.read(body, known, format_), 0, 0.0
            while True:
                begun = time.thread_time()
                is_over = next(steps, STEPS_END) is STEPS_END
                longest_s = max(longest_s, time.thread_time() - begun)
                count += 1
                if is_over:
                    break
            print(
                f"{format_.value} {which}: {len(body) / 1e6:.1f} MB in {count} steps, "
                f"the longest {longest_s * 1e3:.1f} ms"
            )


def _bodies(series: int) -> Iterator[tuple[Format, bytes]]:
    """A page of histograms in each format; the protobuf one is a single family."""
    text = ["# HELP h x", "# TYPE h histogram"]
    for number in range(series // 10):
        bounds = [*range(7), "+Inf"]
        text += [f'h_bucket{{n="{number}",le="{bound}"}} 7' for bound in bounds]
        text += [f'h_count{{n="{number}"}} 7', f'h_sum{{n="{number}"}} 7']
    page = "\n".join(text).encode()
    yield Format.TEXT, page + b"\n"
    yield Format.OPENMETRICS, page + b"\n# EOF\n"
    metrics = [_metric(number) for number in range(series // 10)]
    yield Format.PROTOBUF, _sized(_field(1, b"h") + b"\x18\x04" + b"".join(metrics))


def _metric(number: int) -> bytes:
    buckets = [_field(3, b"\x08\x07\x11" + struct.pack("<d", bound)) for bound in range(7)]
    histogram = b"\x08\x07\x11" + struct.pack("<d", 7) + b"".join(buckets)
    label = _field(1, b"n") + _field(2, str(number).encode())
    return _field(4, _field(1, label) + _field(7, histogram))


def _field(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + _sized(data)


def _sized(data: bytes) -> bytes:
    return varint(len(data)) + data


class _Known(dict[bytes, dict[str, str]]):
    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        self[key] = dict(raw)

    def knows(self, keys: Sequence[bytes]) -> bool:
        return all(map(self.__contains__, keys))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    is_smoke = parser.parse_args().smoke
    time_steps(1000 if is_smoke else 150_000, 2 if is_smoke else 5)
    time_formats(1000 if is_smoke else 100_000)


if __name__ == "__main__":
    main()
