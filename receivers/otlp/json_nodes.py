"""OTLP's JSON read piece by piece: a text of 64 MiB parsed at once would hold all else up for 1 s.

Takes the text; gives its objects: a small one parsed, a large one opened, its long lists left in
the text until their elements are asked for, in turn. None in between says that others may run.
Invariant: no piece that is parsed at once has more than PIECE_BYTES, and nothing is kept of one
that was read; whatever the text is, it is read or raises JsonError.
"""

import json
import re
from collections.abc import Generator, Iterator
from typing import Any, Protocol

from receivers.otlp import skimming
from series.kernel import twin

# About two milliseconds of parsing; a histogram of 4096 buckets is 100 kB.
PIECE_BYTES = 131_072
_SKIM_BYTES = 1_048_576
# What may be long: lists, and what holds them. The rest of what is read must fit in a piece.
_FORMS = ("gauge", "sum", "histogram", "exponentialHistogram", "summary")
_LONG = frozenset(("resourceMetrics", "scopeMetrics", "metrics", "dataPoints", *_FORMS))
_TEXTS = ("schemaUrl", "name", "unit", "description")
_SHORT = ("resource", "scope", "metadata", "aggregationTemporality", "isMonotonic")
_READ = frozenset((*_LONG, *_TEXTS, *_SHORT))
_MEMBER = re.compile(rb'\s*("(?:[^"\\]|\\.){0,1000}")\s*:\s*')
_NEXT = re.compile(rb"[ \t\r\n]*")


class JsonError(ValueError):
    """Text that is not OTLP in JSON; says where."""


class Twin(Protocol):
    """What both twins of `receivers.otlp.skimming` have."""

    def skim(
        self, text: bytes, at: int, stop: int, state: int, is_first_wanted: bool
    ) -> skimming.Skimmed: ...


hot: Twin = twin(skimming, "receivers.otlp.skimming_c")


class LongObject:
    """`said`: its members that are short; `places`: where the long ones begin."""

    __slots__ = ("places", "said")

    def __init__(self) -> None:
        self.said: dict[str, Any] = {}
        self.places: dict[str, int] = {}


Node = dict[str, Any] | LongObject
Opening = Generator[None, None, LongObject]


def said(node: Node) -> dict[str, Any]:
    return node if isinstance(node, dict) else node.said


def parsed(text: bytes) -> Any:
    """Raises JsonError."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise JsonError(str(exc)[:120]) from exc


def whole(text: bytes) -> Generator[None, None, Node]:
    """The object that the text is. Raises JsonError."""
    # Fast path: a piece.
    if len(text) <= PIECE_BYTES:
        found = parsed(text)
        if not isinstance(found, dict):
            raise JsonError("the request is not an object")
        return found
    start = _after_blanks(text, 3 if text.startswith(b"\xef\xbb\xbf") else 0)
    node, end = yield from _opened(text, start)
    if text[end:].strip():
        raise JsonError(f"extra data at byte {end}")
    return node


def inner(text: bytes, node: Node, key: str) -> Generator[None, None, Node | None]:
    """The object that is the member `key`; None without it."""
    if isinstance(node, LongObject) and key in node.places:
        return (yield from _opened(text, node.places[key]))[0]
    found = said(node).get(key)
    if found is not None and not isinstance(found, dict):
        raise JsonError(f"{key} is not an object")
    return found


def elements(text: bytes, node: Node, key: str) -> Iterator[Node | None]:
    """The objects in the list that is the member `key`, one after the other."""
    if isinstance(node, dict) or key not in node.places:
        yield from _objects(said(node).get(key), key)
        return
    at = node.places[key]
    if text[at : at + 1] != b"[":
        raise JsonError(f"{key} is not a list of objects")
    for piece in _pieces(text, at + 1, b"]"):
        if piece is None:
            yield None
            continue
        start, stop, is_long = piece
        if not is_long:
            yield from _objects(parsed(b"[%b]" % text[start:stop]), key)
            yield None
            continue
        long_one, _ = yield from _opened(text, _after_blanks(text, start))
        yield long_one


def _objects(found: Any, key: str) -> Iterator[Node]:
    if found is None:
        return
    if not isinstance(found, list) or not all([isinstance(one, dict) for one in found]):
        raise JsonError(f"{key} is not a list of objects")
    yield from found


def _after_blanks(text: bytes, at: int) -> int:
    found = _NEXT.match(text, at)
    assert found is not None  # it matches nothing at all, too
    return found.end()


def _opened(text: bytes, at: int) -> Generator[None, None, tuple[LongObject, int]]:
    """The object that begins at `at`, and the offset behind it."""
    if text[at : at + 1] != b"{":
        raise JsonError(f"an object is expected at byte {at}")
    node = LongObject()
    pieces = _pieces(text, at + 1, b"}")
    while True:
        try:
            piece = next(pieces)
        except StopIteration as done:
            end: int = done.value
            return node, end
        if piece is None:
            yield
            continue
        start, stop, is_long = piece
        if is_long:
            _place(node, text, start)
        else:
            members = parsed(b"{%b}" % text[start:stop])
            node.said.update({key: value for key, value in members.items() if key in _READ})
            yield


def _place(node: LongObject, text: bytes, at: int) -> None:
    """Keeps where a long member begins; one that nobody reads is passed over."""
    found = _MEMBER.match(text, at)
    if found is None:
        raise JsonError(f"a member with a short name is expected at byte {at}")
    key = parsed(found[1])
    if key in _LONG:
        node.said.pop(key, None)  # what comes last counts
        node.places[key] = found.end()
    elif key in _READ:
        raise JsonError(f"{key} is longer than {PIECE_BYTES} bytes")


Piece = tuple[int, int, bool]


def _pieces(text: bytes, at: int, closing: bytes) -> Generator[Piece | None, None, int]:
    """Runs of elements from `at` on, which is behind the bracket: start, stop, and whether it is
    one that is long by itself. Its value is the offset behind the closing bracket."""
    start, end = at, len(text)
    while True:
        comma, at, state, is_closed = hot.skim(text, start, min(start + PIECE_BYTES, end), 0, False)
        is_long = False
        while not is_closed and comma == skimming.NONE:
            if at >= end:
                raise JsonError("it ends too early")
            is_long = True
            yield None
            comma, at, state, is_closed = hot.skim(
                text, at, min(at + _SKIM_BYTES, end), state, True
            )
        stop = at if is_closed else comma
        if text[at : at + 1] != closing and is_closed:
            raise JsonError(f"a bracket of another kind at byte {at}")
        yield start, stop, is_long
        if is_closed:
            return at + 1
        start = stop + 1
        if not text[start : start + 1].strip(b" \t\r\n]}"):
            _need_more(text, start)


def _need_more(text: bytes, at: int) -> None:
    behind = _after_blanks(text, at)
    if text[behind : behind + 1] in (b"]", b"}", b""):
        raise JsonError(f"nothing behind the comma before byte {at}")
