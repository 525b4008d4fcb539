"""A long JSON text read piece by piece says what it says parsed at once."""

import json
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from receivers.errors import DecodeError
from receivers.otlp import json_nodes
from receivers.otlp.json_nodes import JsonError, LongObject, Node, elements, said, whole
from receivers.otlp.receive import OtlpReceiver, drain
from receivers.otlp.settings import Translation
from receivers.otlp.translate import Taken
from tests.receivers.otlp.requests import (
    as_json,
    gauge,
    point,
    request_of,
    rows,
    total,
)

SMALL = 300


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_nodes, "PIECE_BYTES", SMALL)
    monkeypatch.setattr(json_nodes, "_SKIM_BYTES", 64)


def take(text: bytes) -> Taken:
    return drain(OtlpReceiver(Translation()).json(text))


def points(count: int) -> list[dict[str, Any]]:
    return [
        point(
            asInt=str(at),
            attributes=[{"key": "a", "value": {"stringValue": f'é"{at}\\'}}],
        )
        for at in range(count)
    ]


TOLD = as_json(
    request_of(
        total("a", *points(20)),
        gauge("b", *points(1)),
        gauge("c", *points(12)),
    )
)


def long_text(told: Any, **more: Any) -> bytes:
    return json.dumps(told, **more).encode()


def turned(value: Any) -> Any:
    """The same with the members of each object in another order."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(long_text(TOLD), id="as it is written"),
        pytest.param(long_text(turned(TOLD)), id="what a list belongs to comes behind it"),
        pytest.param(long_text(TOLD, indent=1), id="with blanks and lines"),
        pytest.param(b"\xef\xbb\xbf" + long_text(TOLD), id="with a byte order mark"),
        pytest.param(long_text(TOLD, ensure_ascii=False), id="letters as they are"),
        pytest.param(
            long_text({"later": [{"n": list(range(300))}], **TOLD}), id="a long member unknown"
        ),
        pytest.param(
            long_text({**TOLD, "resourceMetrics": TOLD["resourceMetrics"] * 3}),
            id="three resources",
        ),
    ],
)
def test_pieces_say_the_same(text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    at_once = rows(take(text))
    monkeypatch.setattr(json_nodes, "PIECE_BYTES", SMALL)
    monkeypatch.setattr(json_nodes, "_SKIM_BYTES", 64)
    assert rows(take(text)) == at_once
    assert len(at_once) >= 33


@pytest.mark.usefixtures("small_pieces")
@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(b" " * SMALL + b"1", "an object is expected", id="no object"),
        pytest.param(b'{"resourceMetrics": [' + b" " * SMALL, "ends too early", id="cut"),
        pytest.param(
            b'{"resourceMetrics": [' + b" " * SMALL + b"}}",
            "another kind",
            id="brackets that differ",
        ),
        pytest.param(
            b'{"a": 1' + b" " * 9 + b"}" + b" " * SMALL + b"x", "extra data", id="more behind it"
        ),
        pytest.param(
            long_text({"resourceMetrics": [{"resource": {"x": "x" * SMALL}}]}),
            "resource is longer",
            id="a resource that is too long",
        ),
        pytest.param(
            long_text({"resourceMetrics": {"x": "x" * SMALL}}),
            "not a list",
            id="an object for a list",
        ),
        pytest.param(
            long_text({"resourceMetrics": ["x" * SMALL]}), "an object is expected", id="a long text"
        ),
        pytest.param(
            b'{"resourceMetrics": [{},' + b" " * SMALL + b"]}",
            "behind the comma",
            id="a comma too many",
        ),
        pytest.param(b'{"' + b"x" * 2000 + b'": 1}', "a short name", id="a name without end"),
        pytest.param(
            long_text(
                as_json(
                    request_of(
                        gauge("g", point(asInt="1", attributes=[{"key": "x" * 300, "value": {}}]))
                    )
                )
            ),
            "a data point of 'g'",
            id="a point that is too long",
        ),
        pytest.param(b'{"resourceMetrics": ' + b"[" * 5000, "ends too early", id="nested"),
    ],
)
def test_what_is_wrong_is_said(text: bytes, why: str) -> None:
    with pytest.raises(DecodeError, match=why):
        take(text)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10_000), st.binary(max_size=3))
def test_any_text_is_read_or_refused(seed: int, put: bytes) -> None:
    chance = random.Random(seed)
    text = long_text(TOLD)
    at = chance.randrange(len(text))
    text = text[:at] + put + text[at + chance.randint(0, 3) :]
    before = json_nodes.PIECE_BYTES
    json_nodes.PIECE_BYTES = SMALL
    try:
        with suppress(DecodeError):
            take(text)
    finally:
        json_nodes.PIECE_BYTES = before


@pytest.mark.usefixtures("small_pieces")
def test_it_stops_often_and_keeps_nothing_of_what_was_read() -> None:
    text = long_text(TOLD)
    steps = OtlpReceiver(Translation()).json(text)
    assert sum(1 for _ in steps) > len(text) // SMALL
    tops: list[Node] = []

    def opened() -> Iterator[None]:
        tops.append((yield from whole(text)))

    assert list(opened())
    (top,) = tops
    assert isinstance(top, LongObject)
    assert not said(top)
    found = [each for each in elements(text, top, "resourceMetrics") if each is not None]
    assert len(found) == 1


def test_a_short_text_is_parsed_at_once() -> None:
    with pytest.raises(JsonError, match="not an object"):
        next(whole(b"[]"))
