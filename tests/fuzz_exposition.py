"""Any bytes into every parser of exposition formats: `python -m tests.fuzz_exposition --inputs N`.

Mutates pages of each format, and Content-Types. The only exception is the documented one; a page is
read alike by a new reader, by one that read it before and by one that read a similar page before;
nothing takes long, and memory does not grow. Prints how many inputs there were of each kind; exit
code 1 names the first that broke the law.

`--seconds` ends a run earlier than `--inputs`.
"""

import argparse
import random
import resource
import sys
import time
from collections import Counter

from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format, choose
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from tests.scraper.exposition.families import delimited_families
from tests.scraper.exposition.pages import Known, rows_of
from tests.scraper.exposition.test_openmetrics import FAMILIES
from tests.scraper.exposition.test_protobuf import BUCKETS, EXEMPLAR, LABELS, NATIVE, family
from tests.scraper.steps import finish

TEXT = b'# HELP a b\n# TYPE a histogram\na{le="1"} 2 5\n{"b.c",d="e\\n"} NaN\na_sum +Inf\n'
OPENMETRICS = FAMILIES.replace(b"c_total", b'd 1 # {t="x"} 0.5 1.5\nc_total')
PROTOBUF = delimited_families(
    family(0, label=LABELS, counter={"value": 1, "exemplar": EXEMPLAR}),
    family(4, histogram={**NATIVE, "bucket": BUCKETS}),
    family(2, summary={"sample_count": 1, "quantile": [{"quantile": 0.5, "value": 7}]}),
)
SEEDS = ((Format.TEXT, TEXT), (Format.OPENMETRICS, OPENMETRICS), (Format.PROTOBUF, PROTOBUF))
PIECES = (
    *(b"\n", b" ", b"{", b"}", b'"', b"\\", b"#", b"# EOF", b"\0", b"\xff", b"1e999", b"NaN"),
    *(b"1_0", "\u0663".encode(), b"\r\n", b"# TYPE a ", b"\x80" * 11, b"{}", b","),
)
SLOW_S = 1.0
ALL_OPTIONS = (
    ReadOptions(),
    ReadOptions(is_lenient=True),
    ReadOptions(native_histograms=True, to_nhcb=True, start_timestamps=True, normalizes=True),
    ReadOptions(is_lenient=True, native_histograms=True, classic_too=True, to_nhcb=True),
)
CONTENT_TYPES = (
    b"text/plain; version=0.0.4; charset=utf-8",
    b"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8",
    b"application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
    b'text/plain;a="\\"\\\\";a=b',
)
NEGOTIATION = "content-type"
# What grows with the number of inputs shows after some hundred thousand; this is the noise before.
MOST_GROWTH_KIB = 64 * 1024


def mutated(seed: bytes, chance: random.Random) -> bytes:
    body = bytearray(seed)
    for _ in range(chance.randint(1, 4)):
        at, action = chance.randint(0, len(body)), chance.randint(0, 3)
        if action == 0:
            body[at:at] = chance.choice(PIECES)
        elif action == 1:
            del body[at : at + chance.randint(1, 8)]
        elif action == 2 and at < len(body):
            body[at] = chance.randint(0, 255)
        else:
            start = chance.randint(0, len(body))
            body[at:at] = body[start : start + chance.randint(1, 20)]
    return bytes(body)


def flipped(seed: bytes, chance: random.Random) -> bytes:
    """Of the same length, so that the lengths within a binary format stay true more often."""
    body = bytearray(seed)
    for _ in range(chance.randint(1, 3)):
        body[chance.randrange(len(body))] ^= 1 << chance.randint(0, 7)
    return bytes(body)


def law(body: bytes, format_: Format, options: ReadOptions, seed: bytes) -> str:
    """How it ended. Any exception but the documented one is a mistake of ours."""
    fresh, known = _reader(options), Known()
    first = _read(fresh, body, known, format_)
    if isinstance(first, Page):
        again = _read(fresh, body, known, format_)
        if not isinstance(again, Page) or _seen(first) != _seen(again):
            raise AssertionError("the same body read twice is not the same page")
    used, known = _reader(options), Known()
    _read(used, seed, known, format_)
    later = _read(used, body, known, format_)
    if _seen(first) != _seen(later):
        raise AssertionError(f"alone {_seen(first)}, after its seed {_seen(later)}")
    if isinstance(first, Page) and fresh.comments() != used.comments():
        raise AssertionError(f"comments {fresh.comments()}, after its seed {used.comments()}")
    return "read" if isinstance(first, Page) else "refused"


def _reader(options: ReadOptions) -> BodyReader:
    reader = BodyReader(Outlines())
    reader.options = options
    return reader


def _read(reader: BodyReader, body: bytes, known: Known, format_: Format) -> Page | ExpositionError:
    try:
        return finish(reader.read(body, known, format_))
    except ExpositionError as exc:
        return exc


def _seen(page: Page | ExpositionError) -> object:
    if isinstance(page, ExpositionError):
        return (page.reason, page.line_no, page.line)
    return (rows_of(page), page.bad_count, [str(each) for each in page.bad_lines])


def one_input(chance: random.Random) -> tuple[str, str]:
    """The kind of one more input, and how it ended. Raises what broke the law."""
    if chance.random() < 0.02:
        said = mutated(chance.choice(CONTENT_TYPES), chance).decode("latin-1")
        return NEGOTIATION, choose(said, chance.choice(("", "PrometheusProto"))).format.value
    format_, seed = chance.choice(SEEDS)
    change = flipped if format_ is Format.PROTOBUF and chance.random() < 0.8 else mutated
    body, options = change(seed, chance), chance.choice(ALL_OPTIONS)
    started_s = time.process_time()
    try:
        end = law(body, format_, options, seed)
    except Exception as exc:
        raise AssertionError(f"{format_} {options}\n{body!r}\n{exc!r}") from exc
    if time.process_time() - started_s > SLOW_S:
        raise AssertionError(f"slow: {format_} {body!r}")
    return format_.value, end


def memory_kib() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def ended(counts: Counter[tuple[str, str]], seed: int, before_kib: int, *, is_broken: bool) -> int:
    """The exit code, with what there was of each kind printed."""
    for (kind, end), count in sorted(counts.items()):
        print(f"{kind:<14} {end:<11} {count:>10}")
    grown_kib = memory_kib() - before_kib
    print(f"{'all':<26} {counts.total():>10}")
    print(f"seed {seed}, memory {before_kib} KiB and {grown_kib} more")
    return 1 if is_broken or grown_kib > MOST_GROWTH_KIB else 0


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--inputs", type=int, default=10_000)
    arguments.add_argument("--seconds", type=float, default=float("inf"))
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    counts: Counter[tuple[str, str]] = Counter()
    before_kib, ends_s = memory_kib(), time.monotonic() + given.seconds
    is_broken = False
    for _ in range(given.inputs):
        try:
            counts[one_input(chance)] += 1
        except AssertionError as exc:
            print(exc)
            is_broken = True
            break
        if time.monotonic() > ends_s:
            break
    return ended(counts, given.seed, before_kib, is_broken=is_broken)


if __name__ == "__main__":
    sys.exit(main())
