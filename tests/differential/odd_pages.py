"""Odd pages of each format for two scrapers: most are good, some have one mistake.

Takes a source of chance and the time; gives bodies. Explicit timestamps are near the present, for
a receiver refuses those of long ago; some are further in the future than a scraper takes.
"""

import random
from collections.abc import Iterator
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
    """Families of every type but native histograms, some bytes of some pages flipped."""
    families = []
    for number in range(chance.randint(0, 4)):
        kind = chance.randrange(5)
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
    bounds = sorted(chance.sample((0.1, 1.0, 2.5, 1000000.0, 1e21, float("inf")), 3))
    holders: list[dict[str, object]] = [
        {"counter": {"value": value}},
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
                    {"cumulative_count": 3 * at, "upper_bound": bound}
                    for at, bound in enumerate(bounds)
                ],
            }
        },
    ]
    holder = holders[kind]
    if chance.random() < 0.2:
        holder["timestamp_ms"] = round(stamp_s(chance, now_s) * 1000)
    return holder


def is_read_otherwise(body: bytes) -> bool:
    """A protobuf page in which 2.42 and 3.x differ, or 3.x and we.

    2.42 gives all series of a gauge histogram one name; a metric that has no value of its family's
    type is zeros in Prometheus, and an error here.
    """
    fields = ("counter", "gauge", "summary", "untyped", "histogram")
    return any(
        family.type >= len(fields) or not metric.HasField(fields[family.type])
        for family in _families(body)
        for metric in family.metric
    )


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
