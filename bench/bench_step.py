"""How long the loop stands still over a large page: the longest steps of the core, by place.

Run: `python bench/bench_step.py`, with PROMFERRY_KERNEL=py for the twin. A page of 150 000 series
in 13 MB, as it changes from scrape to scrape, and one of histograms in each format; each step is
timed, and so is the collector of cyclic garbage. A place is the function whose yield ended the
step, and its line; steps of more than 3 ms are all told, longest first.
"""

import argparse
import gc
import random
import struct
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any

import attrs

from agent.garbage import look_rarely, settle
from bench_scrape import NOW_MS, body_of, scrapes_of
from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from scraper.scrape import TargetScrape
from series.kernel import described
from series.wire import varint

Steps = Generator[None, None, Any]

# DESIGN section 4: any step over a body yields every 3 ms.
MOST_S = 0.003
TOLD = 5


@attrs.define
class Steptimes:
    """The steps of one run."""

    count: int = 0
    longest_s: float = 0.0
    whole_s: float = 0.0
    long: dict[str, float] = attrs.field(factory=dict)  # by place

    def run(self, steps: Steps) -> "Steptimes":
        is_over = False
        where = "start"
        while not is_over:
            begun = time.thread_time()
            try:
                next(steps)
            except StopIteration:
                is_over = True
            took_s = time.thread_time() - begun
            before, where = where, "end" if is_over else _place(steps)
            self.count += 1
            self.whole_s += took_s
            self.longest_s = max(self.longest_s, took_s)
            if took_s > MOST_S:
                step = f"{before} -> {where}"
                self.long[step] = max(took_s, self.long.get(step, 0.0))
        return self

    def told(self) -> str:
        text = f"{self.whole_s * 1e3:.0f} ms in {self.count} steps, longest {_ms(self.longest_s)}"
        long = sorted(self.long.items(), key=lambda item: -item[1])[:TOLD]
        return "".join([text, *[f"\n      {_ms(took_s)}  {step}" for step, took_s in long]])


def _place(steps: Steps) -> str:
    """Where the innermost generator of `steps` stands."""
    inner: Any = steps
    while getattr(inner.gi_yieldfrom, "gi_frame", None) is not None:
        inner = inner.gi_yieldfrom
    return f"{inner.gi_code.co_qualname}:{inner.gi_frame.f_lineno}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms"


class Collections:
    """How long the collector took, while it is watched."""

    def __init__(self) -> None:
        self._took_s: list[float] = []

    def __enter__(self) -> "Collections":
        gc.callbacks.append(self._watch)
        return self

    def __exit__(self, *args: object) -> None:
        gc.callbacks.remove(self._watch)

    def _watch(self, phase: str, info: object) -> None:
        if phase == "start":
            self._took_s.append(-time.thread_time())
        else:
            self._took_s[-1] += time.thread_time()

    def told(self) -> str:
        took_s, self._took_s = self._took_s, []
        return f"collector {len(took_s)} times, longest {_ms(max(took_s, default=0.0))}"


def changes(series: int) -> Iterator[tuple[str, bytes]]:
    """A page as it changes, and what has become of it."""
    # The collector must not see lists that an agent does not have: only bodies are held.
    page = body_of(series, 1)

    def with_new(*new: bytes) -> bytes:
        lines = page.split(b"\n")
        middle = len(lines) // 2
        return b"\n".join([*lines[:middle], *new, *lines[middle:]])

    def shuffled(seed: int, step: int = 1) -> bytes:
        lines = page.split(b"\n")[:-1]
        random.Random(seed).shuffle(lines)
        return b"\n".join(lines[::step]) + b"\n"

    new = [b'node_new_total{n="%d"} 1' % at for at in range(20)]
    yield "first", page
    yield "the same", page + b""
    yield "other values", body_of(series, 2)
    yield "ten series more", with_new(*new[:10])
    yield "ten others instead", with_new(*new[10:])
    yield "without them", page
    yield "a comment more", with_new(b"# c")
    yield "shuffled", shuffled(1)
    yield "shuffled again", shuffled(2)
    yield "half of it", shuffled(2, step=2)
    yield "all again", page
    yield "with timestamps", b"\n".join([_stamped(line) for line in page.split(b"\n")])
    yield "a bad line at the end", page + b"a b c\n"
    yield "another page", page.replace(b"cpu=", b"core=")
    yield "one line", b"a 1\n"
    yield "one line again", b"a 1\n"
    yield "blanks for a blank", page.replace(b"} ", b"}  ")
    yield "vanished", b""


def _stamped(line: bytes) -> bytes:
    return line if line.startswith(b"#") or not line else line + b" %d" % (NOW_MS - 1000)


def time_changes(series: int) -> None:
    (scrape,) = scrapes_of(1)
    look_rarely()
    settle()
    with Collections() as collections:
        for number, (name, body) in enumerate(changes(series)):
            times = Steptimes().run(_rendered(scrape, body, NOW_MS + number * 1000))
            print(f"{series} series, {name}: {times.told()}\n      {collections.told()}")


def _rendered(scrape: TargetScrape, body: bytes, now_ms: int) -> Steps:
    """A scrape as the loop has it; a failed one leaves its markers."""
    try:
        yield from scrape.render(body, now_ms)
    except ValueError:
        yield
        scrape.fail(now_ms)


def time_oddities(size: int) -> None:
    """Pages that are odd, of so many bytes."""
    pages = {
        "line feeds": b"\n" * size,
        "one comment": b"# " + b"x" * size,
        "one bad line": b"x" * size,
        "a label value of line feeds": b'a{b="' + b"\n" * size + b'"} 1\n',
        "label values of two lines": b'a{b="\n"} 1\n' * (size // 12),
        "one label of a long value": b'a{b="' + b"x" * size + b'"} 1\n',
        "a label never closed": b'a{b="' + b"\n" * size,
        "braces": b"a{" * (size // 2),
        "comments": b"# x\n" * (size // 4),
        "comments that differ": b"".join([b"# %d\n" % at for at in range(size // 8)]),
    }
    for name, body in pages.items():
        reader = BodyReader(Outlines())
        for which in ("first", "again"):
            times = Steptimes().run(_read(reader, body, Format.TEXT))
            print(f"{size / 2**20:.1f} MiB, {name}, {which}: {times.told()}")


def _read(reader: BodyReader, body: bytes, format_: Format) -> Steps:
    """Read, or refused."""
    try:
        yield from reader.read(body, _Known(), format_)
    except ValueError:
        return


def time_formats(series: int) -> None:
    """Each format, read for the first time and again, with all options."""
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
        with Collections() as collections:
            for which in ("first", "again"):
                times = Steptimes().run(reader.read(body, known, format_))
                print(f"{format_.value} {which}, {len(body) / 1e6:.1f} MB: {times.told()}")
                print(f"      {collections.told()}")


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


class _Known(set[bytes]):
    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        self.add(key)

    def knows(self, keys: Sequence[bytes]) -> bool:
        return all(map(self.__contains__, keys))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="run once, small")
    is_smoke = parser.parse_args().smoke
    print(described())
    time_changes(1000 if is_smoke else 150_000)
    time_formats(1000 if is_smoke else 150_000)
    time_oddities(2**10 if is_smoke else 2**22)


if __name__ == "__main__":
    main()
