"""A series as people and pages write it: `name{label="value",...}`, with or without a value behind.

Takes one line of text; gives the labels. Understands the text format's escapes, raw characters in
values and Prometheus 3's quoted names (`{"a.b","c.d"="x"}`). Raises ValueError.
This is for commands, tests and pages; scraped bodies have a stricter and faster parser.
"""

import re

from series.labels import METRIC_NAME

_NAME = re.compile(r'[^\s{}=,"]+')
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_SPACE = re.compile(r"[\s,]*")
_EQUALS = re.compile(r"\s*=\s*")


def parse_series(text: str) -> dict[str, str]:
    """The labels; what stands behind the series (value, timestamp, exemplar) is ignored."""
    labels: dict[str, str] = {}
    at = _skip(text, 0)
    found = _NAME.match(text, at)
    if found:
        labels[METRIC_NAME] = found[0]
        at = _skip(text, found.end())
    elif not text.startswith("{", at):
        raise _error("expected a metric name or `{`", text, at)
    if text.startswith("{", at):
        _parse_braces(text, at + 1, labels)
    return labels


def _parse_braces(text: str, at: int, labels: dict[str, str]) -> None:
    while True:
        at = _skip(text, at)
        if text.startswith("}", at):
            return
        is_quoted = text.startswith('"', at)
        name, end = _string(text, at) if is_quoted else _bare(text, at)
        equals = _EQUALS.match(text, end)
        if equals:
            value, end = _string(text, equals.end())
            _add(labels, name, value, text, at)
        elif is_quoted:
            _add(labels, METRIC_NAME, name, text, at)
        else:
            raise _error(f"expected `=` behind label {name!r}", text, end)
        at = end


def _add(labels: dict[str, str], name: str, value: str, text: str, at: int) -> None:
    if name in labels:
        raise _error(f"label {name!r} is there twice", text, at)
    labels[name] = value


def _bare(text: str, at: int) -> tuple[str, int]:
    found = _NAME.match(text, at)
    if not found:
        raise _error("expected a label name or `}`", text, at)
    return found[0], found.end()


def _string(text: str, at: int) -> tuple[str, int]:
    found = _STRING.match(text, at)
    if not found:
        raise _error("expected a value in double quotes", text, at)
    return re.sub(r"\\(.)", _unescape, found[1], flags=re.DOTALL), found.end()


def _unescape(found: "re.Match[str]") -> str:
    # The text format keeps escapes that it does not know.
    return {"n": "\n", "\\": "\\", '"': '"'}.get(found[1], found[0])


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _error(reason: str, text: str, at: int) -> ValueError:
    return ValueError(f"{reason} at offset {at} of {text[:80]!r}")
