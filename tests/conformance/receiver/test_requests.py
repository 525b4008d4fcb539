"""Headers, encodings and damage: what is permanently bad is a 4xx that says so, never a 5xx."""

from collections.abc import Callable
from typing import Any

import pytest
import snappy
import zstandard

from tests.conformance.receiver.case import TYPE_1, TYPE_2, Case, Heard, check
from tests.conformance.receiver.message import Sent, body_of, message_1, message_2, sent
from tests.pushqueue.protos_v2 import Request
from tests.receivers.protos import Unknown

UP = sent("up", 1.0)
NO_TYPE: dict[str, str | None] = {"Content-Type": None}
NO_ENCODING: dict[str, str | None] = {"Content-Encoding": None}


def packed(pack: Callable[[bytes], bytes], version: int = 2) -> Callable[[int, str], bytes]:
    """The usual series, packed in another way."""

    def body(now_ms: int, slug: str) -> bytes:
        marked = Sent(labels=(("case", slug), *UP.labels), samples=UP.samples)
        return pack((message_2 if version == 2 else message_1)([marked], now_ms))

    return body


def damaged(message: bytes) -> bytes:
    """As the suite damages it: the length in front is another."""
    return b"0" + body_of(message)[1:]


def later(message: bytes) -> bytes:
    """With fields of a version that nobody knows yet."""
    unknown = Unknown(text="x", number=1.5, varint=7, labels=[{"name": "a", "value": "b"}])
    return body_of(unknown.SerializeToString() + message + unknown.SerializeToString())


def by_references(
    symbols: list[str], *references: list[int], **more: Any
) -> Callable[[int, str], bytes]:
    """Series with one sample each; the last two symbols tell whose they are."""

    def body(now_ms: int, slug: str) -> bytes:
        whose = [len(symbols), len(symbols) + 1]
        sample = {"value": 1.0, "timestamp": now_ms}
        rows = [{"labels_refs": [*one, *whose], "samples": [sample]} for one in references]
        rows[0] |= more
        message = Request(symbols=[*symbols, "case", slug], timeseries=rows)
        return body_of(message.SerializeToString())

    return body


def not_utf8(now_ms: int, slug: str) -> bytes:
    body = by_references(["", "__name__", "up", "bad", "@@@@"], [1, 2, 3, 4], [1, 2])(now_ms, slug)
    message: bytes = snappy.uncompress(body)
    return body_of(message.replace(b"@@@@", b"\xff\xfe\xfd\xfc"))


def not_utf8_1(now_ms: int, slug: str) -> bytes:
    rows = [
        Sent(labels=(("case", slug), ("bad", "@@@@"), ("__name__", "up")), samples=((0, 1.0),)),
        Sent(labels=(("case", slug), ("__name__", "up")), samples=((0, 1.0),)),
    ]
    return body_of(message_1(rows, now_ms).replace(b"@@@@", b"\xff\xfe\xfd\xfc"))


NAMES = ["", "__name__", "up"]
BAD = sent("bad", 1.0, is_bad=True)
CASES = [
    # What Prometheus' own handler is lenient about.
    Case(sentence="all headers", series=(UP,)),
    Case(
        sentence="no version header",
        series=(UP,),
        headers={"X-Prometheus-Remote-Write-Version": None},
    ),
    Case(
        sentence="no content encoding is snappy", series=(UP,), headers={"Content-Encoding": None}
    ),
    Case(
        sentence="the type in capitals",
        series=(UP,),
        headers={"Content-Type": TYPE_2.replace("app", "APP")},
    ),
    Case(
        sentence="the type with a blank and another parameter",
        series=(UP,),
        headers={"Content-Type": TYPE_2.replace(";", "; charset=utf-8; ")},
    ),
    Case(
        sentence="no header at all",
        series=(UP,),
        version=1,
        headers=dict.fromkeys(("Content-Type", "Content-Encoding")),
    ),
    Case(sentence="no content type", series=(UP,), version=1, headers={"Content-Type": None}),
    Case(
        sentence="no content encoding", series=(UP,), version=1, headers={"Content-Encoding": None}
    ),
    Case(
        sentence="the version of 2.0 beside a message of 1.0",
        series=(UP,),
        version=1,
        headers={"X-Prometheus-Remote-Write-Version": "2.0.0"},
    ),
    Case(
        sentence="the message named",
        series=(UP,),
        version=1,
        headers={"Content-Type": f"{TYPE_1};proto=prometheus.WriteRequest"},
    ),
    Case(
        sentence="zstd, as VictoriaMetrics' agents send it",
        series=(UP,),
        version=1,
        raw=packed(zstandard.compress, 1),
        headers={"Content-Encoding": "zstd"},
    ),
    Case(
        sentence="zstd",
        series=(UP,),
        raw=packed(zstandard.compress),
        headers={"Content-Encoding": "zstd"},
    ),
    Case(
        sentence="an unknown group",
        raw=lambda now_ms, slug: body_of(b"\x0b\x08\x01\x0c"),
        status=204,
    ),
    Case(sentence="no series", raw=lambda now_ms, slug: body_of(b""), status=204),
    Case(sentence="no series", version=1, raw=lambda now_ms, slug: body_of(b""), status=204),
    Case(sentence="fields of a later version", series=(UP,), raw=packed(later)),
    Case(sentence="fields of a later version", series=(UP,), raw=packed(later, 1), version=1),
    # References and texts: each series for itself.
    Case(
        sentence="a reference beyond the symbols",
        series=(BAD, UP),
        raw=by_references(NAMES, [1, 999], [1, 2]),
    ),
    Case(
        sentence="an odd number of references",
        series=(BAD, UP),
        raw=by_references(NAMES, [1, 2, 2], [1, 2]),
    ),
    Case(
        sentence="no empty symbol in front: references are what counts",
        series=(UP,),
        raw=by_references(["up", "__name__"], [1, 0]),
    ),
    Case(
        sentence="an empty symbol as a label's name",
        series=(BAD, UP),
        raw=by_references(NAMES, [1, 2, 0, 2], [1, 2]),
    ),
    Case(
        sentence="help beyond the symbols",
        series=(UP,),
        raw=by_references(NAMES, [1, 2], metadata={"type": 1, "help_ref": 999}),
        status=400,
    ),
    Case(
        sentence="an exemplar beyond the symbols",
        series=(UP,),
        raw=by_references(NAMES, [1, 2], exemplars=[{"labels_refs": [1, 999], "value": 1.0}]),
        status=400,
    ),
    Case(sentence="a label that is not UTF-8", series=(BAD, UP), raw=not_utf8),
    Case(sentence="a label that is not UTF-8", series=(BAD, UP), raw=not_utf8_1, version=1),
]
CASES += [
    Case(
        sentence=f"content type {kind}",
        raw=packed(damaged),
        headers={"Content-Type": kind},
        status=415,
    )
    for kind in (
        "application/json",
        "image/png",
        "yolo",
        f"{TYPE_1};proto=yolo",
        f"{TYPE_1};proto=io.prometheus.write.v3.Request",
    )
]
CASES += [
    Case(
        sentence=f"content encoding {encoding}",
        raw=packed(damaged),
        headers={"Content-Encoding": encoding},
        status=415,
    )
    for encoding in ("gzip", "deflate", "br", "snappy, gzip")
]
CASES += [
    Case(sentence=sentence, raw=raw, version=version, status=400)
    for version in (1, 2)
    for sentence, raw in [
        ("a damaged body", packed(damaged, version)),
        ("no body", lambda now_ms, slug: b""),
        ("not compressed", packed(bytes, version)),
        ("the framed format", packed(lambda data: b"\xff\x06\x00\x00sNaPpY" + data, version)),
        ("cut in the middle", packed(lambda data: body_of(data)[:-4], version)),
        ("a message cut in the middle", packed(lambda data: body_of(data[:-3]), version)),
        ("no protobuf", lambda now_ms, slug: body_of(b"\xff" * 20)),
        ("a group without an end", lambda now_ms, slug: body_of(b"\x0b\x08\x01")),
    ]
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.version}.0: {case.sentence}")
def test_requests(heard: dict[str, Heard], case: Case) -> None:
    check(heard[case.slug])


def test_nothing_is_asked_for_again(heard: dict[str, Heard]) -> None:
    """No answer above was a 5xx or told to come back."""
    for one in heard.values():
        assert one.status < 500, one.case.sentence
        assert "retry-after" not in {name.lower() for name in one.headers}
