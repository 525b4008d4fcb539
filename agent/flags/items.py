"""Lists in one flag: `a,b`, with commas protected by quotes and brackets.

Takes the text of a flag that may hold many values; gives the items, unquoted, or writes items
as such a text. The rules are vmagent's (reference/vmagent.md 2, "Syntax facts").
Invariant: `split_items(join_items(items)) == items` for any items but the empty tuple.
Never: fails. A quote or bracket that is not closed stands for itself.
"""

import re
from collections.abc import Sequence

_CLOSERS = {"[": "]", "{": "}", "(": ")"}
_SPECIAL = re.compile(r"""[,"'\[{(]""")
_BRACKETED = re.compile(r"""["'\[{()}\]]""")
_NEEDS_QUOTES = re.compile(r"""[,'"{\[(\n]""")
# Deeper brackets are taken for plain text, so that a row of `(((((` costs little.
_MAX_DEPTH = 16

_ESCAPED = re.compile(
    r"\\(?:x([0-7][0-9a-fA-F])|u(?![dD][89a-fA-F])([0-9a-fA-F]{4})|([abfnrtv\\\"]))"
)
_WELL_ESCAPED = re.compile(rf'(?:[^\\"\n]|{_ESCAPED.pattern})*')
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def split_items(text: str) -> tuple[str, ...]:
    """The items of `text`; an empty text is one empty item."""
    items = []
    start = 0
    while True:
        end = _item_end(text, start)
        items.append(_unquote(text[start:end]))
        if end >= len(text):
            return tuple(items)
        start = end + 1


def join_items(items: Sequence[str]) -> str:
    """One text that splits into `items` again."""
    return ",".join(_quote(item) if _NEEDS_QUOTES.search(item) else item for item in items)


def _quote(item: str) -> str:
    escaped = item.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _item_end(text: str, start: int) -> int:
    """Where the item that begins at `start` ends: at a comma outside quotes, or at the end."""
    unclosed: set[str] = set()
    index = start
    while (found := _SPECIAL.search(text, index)) is not None:
        if found[0] == ",":
            return found.start()
        index = _after_closer(text, found.start(), unclosed)
    return len(text)


def _after_closer(text: str, opener: int, unclosed: set[str]) -> int:
    """The index after what closes the quote or bracket at `opener`; else after `opener` itself."""
    if text[opener] not in _CLOSERS:
        return _after_quote(text, opener, unclosed) or opener + 1
    expected = [_CLOSERS[text[opener]]]
    index = opener + 1
    while (found := _BRACKETED.search(text, index)) is not None:
        index = found.end()
        if found[0] in _CLOSERS:
            expected.append(_CLOSERS[found[0]])
        elif found[0] in "\"'":
            index = _after_quote(text, found.start(), unclosed)
        elif found[0] != expected.pop():
            break
        elif not expected:
            return index
        if index == 0 or len(expected) > _MAX_DEPTH:
            break
    return opener + 1


def _after_quote(text: str, opener: int, unclosed: set[str]) -> int:
    """The index after the closing quote, 0 if there is none; remembers which have none."""
    quote = text[opener]
    index = opener + 1
    while quote not in unclosed:
        end = text.find(quote, index)
        if end < 0:
            unclosed.add(quote)
            break
        if _backslashes_before(text, opener + 1, end) % 2 == 0:
            return end + 1
        index = end + 1
    return 0


def _backslashes_before(text: str, start: int, end: int) -> int:
    return end - start - len(text[start:end].rstrip("\\"))


def _unquote(item: str) -> str:
    if len(item) >= 2 and item[0] == item[-1] == '"':
        inner = item[1:-1]
        if _WELL_ESCAPED.fullmatch(inner):
            return _ESCAPED.sub(_unescape, inner)
        return inner.replace('\\"', '"').replace("\\\\", "\\")
    if len(item) >= 2 and item[0] == item[-1] == "'":
        return item[1:-1].replace("\\'", "'").replace("\\\\", "\\")
    return item


def _unescape(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    if code:
        return chr(int(code, 16))
    return _SIMPLE.get(found[3], found[3])
