"""Odd pages of each format for two scrapers: most are good, some have one mistake.

Takes a source of chance and the time; gives bodies. Explicit timestamps are near the present, for
a receiver refuses those of long ago; some are further in the future than a scraper takes.
"""

import random
import re
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import attrs
from google.protobuf.message import DecodeError

from scraper.exposition.negotiation import Format
from series.wire import read_varint
from tests.scraper.exposition import pages as text_pieces
from tests.scraper.exposition.families import MetricFamily, delimited_families

CONTENT_TYPES = {
    Format.TEXT: "text/plain; version=0.0.4",
    Format.OPENMETRICS: "application/openmetrics-text; version=1.0.0; charset=utf-8",
    Format.PROTOBUF: "application/vnd.google.protobuf; "
    "proto=io.prometheus.client.MetricFamily; encoding=delimited",
}

OM_GOOD: tuple[bytes, ...] = (
    b"a 1",
    b'a{b="c"} 2',
    b'b{c="d",} 3',
    b"# TYPE a gauge",
    b"# HELP a x",
    b"# UNIT a_s s",
)
OM_GOOD += (b'c_total 1 # {t="x"} 1', b"d NaN", b"e +Inf", b"f -1.5e3", b'g{h="\\"\\n\\\\"} 0')
OM_GOOD += (b"# TYPE i info", b"i_info 1", b"# HELP a ", b'j{k=""} 1', b'l{m="x # {y"} 1')
OM_BAD: tuple[bytes, ...] = (
    b"",
    b"# c",
    b" a 1",
    b"a  1",
    b"a 1 ",
    b"a 1_0",
    b"a",
    b"# TYPE a x",
    b"# UNIT a s",
    b"a\t1",
)
OM_BAD += (b'a{b="c" } 1', b"a 1 # {", b"a 1 NaN", b"a 0x1p3", b"# EOF", b'a{b="\xff"} 1', b"1a 1")
# Before and behind the present, in seconds; a scraper takes no more than ten minutes of future.
# None of long ago: a receiver refuses the request, of which a small one is not split, and so the
# samples of other pages would be gone with it (docs/remote-write.md).
BAD_STAMPS = tuple([stamp for stamp in text_pieces.BAD_STAMPS if stamp != b" -1"])
LONGEST_AGO_S = 3000
LEGACY_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
NATIVE = 5  # in place of a type: a histogram that is a native one
AGES_S = (-1200, -60, 0, 1, 60, 1800)


@attrs.frozen
class OddPage:
    format: Format
    body: bytes


def odd_pages(chance: random.Random, count: int, now_s: float) -> list[OddPage]:
    """So many of each format."""
    made = [OddPage(Format.TEXT, text_page(chance, now_s)) for _ in range(count)]
    made += [OddPage(Format.OPENMETRICS, openmetrics_page(chance, now_s)) for _ in range(count)]
    # `up` of a page would take the place of the scrape's own.
    made = [attrs.evolve(each, body=each.body.replace(b"up", b"down")) for each in made]
    return made + [OddPage(Format.PROTOBUF, protobuf_page(chance, now_s)) for _ in range(count)]


def stamp_s(chance: random.Random, now_s: float) -> float:
    return round(now_s - chance.choice(AGES_S) - chance.randint(0, 999) / 1000, 3)


def text_page(chance: random.Random, now_s: float) -> bytes:
    lines = []
    for _ in range(chance.randint(0, 6)):
        good = chance.random() < 0.9
        series = chance.choice(text_pieces.SERIES if good else text_pieces.BAD_SERIES)
        good = chance.random() < 0.9
        value = chance.choice(text_pieces.GOOD_VALUES if good else text_pieces.BAD_VALUES)
        stamp, which = b"", chance.random()
        if which < 0.2:
            stamp = b" %d" % round(stamp_s(chance, now_s) * 1000)
        elif which < 0.25:
            stamp = chance.choice(BAD_STAMPS)
        lines.append(series + b" " + value + stamp)
        if chance.random() < 0.3:
            kinds = text_pieces.OTHERS * 3 + text_pieces.BAD_OTHERS
            lines.append(chance.choice(kinds))
    return b"\n".join(lines) + chance.choice((b"\n", b""))


def openmetrics_page(chance: random.Random, now_s: float) -> bytes:
    lines = [
        chance.choice(OM_GOOD if chance.random() < 0.93 else OM_BAD)
        for _ in range(chance.randint(0, 6))
    ]
    if chance.random() < 0.3:
        lines.append(b'n{o="p"} 4.5 %.3f' % stamp_s(chance, now_s))
    end = chance.choice((b"# EOF", b"# EOF\n", b"# EOF\n", b"# EOF\n", b"# EOF\n\n", b""))
    return b"\n".join([*lines, end])


def protobuf_page(chance: random.Random, now_s: float) -> bytes:
    """Families of every type, native histograms too, some bytes of some pages flipped."""
    families = []
    for number in range(chance.randint(0, 4)):
        kind = chance.randrange(6)
        if kind == NATIVE:
            families.append(native_family(chance, f"m{number}", now_s))
            continue
        metrics = [_metric(chance, kind, now_s) for _ in range(chance.randint(0, 2))]
        for at, metric in enumerate(metrics):
            metric["label"] = [{"name": "l", "value": chance.choice(("x", "é\n", f"v{at}"))}]
        families.append(MetricFamily(name=f"m{number}", help="x", type=kind, metric=metrics))
    body = delimited_families(*families)
    if not body or chance.random() < 0.8:
        return body
    flipped = bytearray(body)
    flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
    stamps_s = [
        metric.timestamp_ms / 1000
        for family in _families(bytes(flipped))
        for metric in family.metric
        if metric.timestamp_ms
    ]
    is_stored = all(stamp > now_s - LONGEST_AGO_S for stamp in stamps_s)
    return bytes(flipped) if is_stored else body


def _metric(chance: random.Random, kind: int, now_s: float) -> dict[str, object]:
    value = chance.choice((0.0, 1.5, -2.0, float("inf"), float("nan"), 1e300, 5e-324))
    exemplar: dict[str, object] = {}
    if chance.random() < 0.3:
        exemplar["exemplar"] = _exemplar(chance, now_s)
    bounds = sorted(chance.sample((0.1, 1.0, 2.5, 1000000.0, 1e21, float("inf")), 3))
    holders: list[dict[str, object]] = [
        {"counter": {"value": value, **exemplar}},
        {"gauge": {"value": value}},
        {
            "summary": {
                "sample_count": 3,
                "sample_sum": value,
                "quantile": [{"quantile": 0.5, "value": value}],
            }
        },
        {"untyped": {"value": value}},
        {
            "histogram": {
                "sample_count": 9,
                "sample_sum": value,
                "bucket": [
                    {"cumulative_count": 3 * at, "upper_bound": bound, **exemplar}
                    for at, bound in enumerate(bounds)
                ],
            }
        },
    ]
    holder = holders[kind]
    if chance.random() < 0.2:
        holder["timestamp_ms"] = round(stamp_s(chance, now_s) * 1000)
    return holder


def _exemplar(chance: random.Random, now_s: float) -> dict[str, object]:
    label = {"name": "t", "value": chance.choice(("x", "é"))}
    stamp = {"timestamp": {"seconds": int(stamp_s(chance, now_s))}}
    return {"label": [label], "value": 1.5, **(stamp if chance.random() < 0.5 else {})}


def native_family(chance: random.Random, name: str, now_s: float) -> Any:
    """One that is sound, and at times has fewer observations than its buckets.

    2.42 lets it have more, and counts no zeros. No exemplars: its receiver takes none of a native
    histogram that it has not got yet, and they are sent once.
    """
    positive = [chance.randint(1, 9) for _ in range(chance.randint(0, 4))]
    negative = [chance.randint(0, 9) for _ in range(chance.randint(0, 2))]
    zeros = chance.choice((0, 2))
    counted = sum(positive) + sum(negative)
    histogram: dict[str, object] = {
        "sample_count": counted + zeros if not counted or chance.random() < 0.9 else counted - 1,
        "sample_sum": chance.choice((0.0, 3.5, -2.0)),
        # 2.42 takes 9, and panics when it is asked for it.
        "schema": chance.choice((-4, 0, 1, 3, 8)),
        "zero_threshold": chance.choice((0.001, 2.938735877055719e-39)),
        "zero_count": zeros,
        "positive_span": _spans(chance, len(positive)),
        "positive_delta": _deltas(positive),
        "negative_span": _spans(chance, len(negative)),
        "negative_delta": _deltas(negative),
    }
    return MetricFamily(name=name, help="é", type=4, metric=[{"histogram": histogram}])


def _spans(chance: random.Random, buckets: int) -> list[dict[str, int]]:
    first = chance.randint(0, buckets)
    lengths = [length for length in (first, buckets - first) if length]
    return [{"offset": chance.randint(0, 3), "length": length} for length in lengths]


def _deltas(counts: list[int]) -> list[int]:
    return [count - before for before, count in zip([0, *counts], counts, strict=False)]


def is_read_otherwise(body: bytes) -> bool:
    """A protobuf page in which 2.42 and 3.x differ, or 3.x and we.

    2.42 gives all series of a gauge histogram one name, and takes no label names but letters,
    digits and underscores, knows no unit, and lets a native histogram have any schema and more
    observations than its buckets; a metric that has no value of its family's type is zeros in
    Prometheus, and an error here; the exemplar of a sample that is left out as a duplicate is left
    out with it here.
    """
    return any(
        family.HasField("unit")
        or len({str(metric.label) for metric in family.metric}) < len(family.metric)
        or any(_is_metric_otherwise(family.type, metric) for metric in family.metric)
        for family in _families(body)
    )


def _is_metric_otherwise(kind: int, metric: Any) -> bool:
    fields = ("counter", "gauge", "summary", "untyped", "histogram")
    if kind >= len(fields) or not metric.HasField(fields[kind]):
        return True
    deltas = (metric.histogram.positive_delta, metric.histogram.negative_delta)
    counted = sum(sum(accumulate(each)) for each in deltas) + metric.histogram.zero_count
    is_native = metric.histogram.HasField("schema")
    is_schema = -4 <= metric.histogram.schema <= 8
    if is_native and (counted != metric.histogram.sample_count or not is_schema):
        return True
    return not all(LEGACY_LABEL.fullmatch(label.name) for label in metric.label)


def _families(body: bytes) -> Iterator[Any]:
    """Those before the first that cannot be read."""
    at = 0
    while at < len(body):
        length, start = read_varint(body, at)
        at = start + length
        try:
            yield MetricFamily.FromString(body[start:at])
        except DecodeError:
            return
