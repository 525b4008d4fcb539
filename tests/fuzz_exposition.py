"""Any bytes into every parser of exposition formats: `python -m tests.fuzz_exposition --inputs N`.

Mutates pages of each format; the only exception is the documented one, a page that was read is read
alike when predicted, and nothing takes long. Prints how many inputs there were; exit code 1 names
the first that broke the law.
"""

import argparse
import random
import sys
import time
from collections import Counter

from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
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
PIECES = (b"\n", b" ", b"{", b"}", b'"', b"\\", b"#", b"# EOF", b"\0", b"\xff", b"1e999", b"NaN")
SLOW_S = 1.0
ALL_OPTIONS = (
    ReadOptions(),
    ReadOptions(is_lenient=True),
    ReadOptions(native_histograms=True, to_nhcb=True, start_timestamps=True, normalizes=True),
)


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


def law(body: bytes, format_: Format, options: ReadOptions) -> str:
    """How it ended. Any exception but the documented one is a mistake of ours."""
    reader, known = BodyReader(Outlines()), Known()
    reader.options = options
    try:
        first = finish(reader.read(body, known, format_))
    except ExpositionError:
        return "refused"
    again = finish(reader.read(body, known, format_))
    if rows_of(first) != rows_of(again) or first.bad_count != again.bad_count:
        raise AssertionError("the same body read twice is not the same page")
    return "read"


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--inputs", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    given = arguments.parse_args()
    chance = random.Random(given.seed)
    counts: Counter[tuple[str, str]] = Counter()
    for _ in range(given.inputs):
        format_, seed = chance.choice(SEEDS)
        change = flipped if format_ is Format.PROTOBUF and chance.random() < 0.8 else mutated
        body, options = change(seed, chance), chance.choice(ALL_OPTIONS)
        started_s = time.perf_counter()
        try:
            counts[format_.value, law(body, format_, options)] += 1
        except Exception as exc:
            print(f"{format_} {options}\n{body!r}\n{exc!r}")
            return 1
        if time.perf_counter() - started_s > SLOW_S:
            print(f"slow: {format_} {body!r}")
            return 1
    for (format_name, end), count in sorted(counts.items()):
        print(f"{format_name:<12} {end:<8} {count:>10}")
    print(f"{'all':<21} {counts.total():>10}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
