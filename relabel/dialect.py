"""Go's dialect of regular expressions, as google-re2 understands it.

Takes the text of a pattern; gives a compiled google-re2 pattern over UTF-8 bytes, or a
PatternError with Go's wording. Accepts and refuses what Go's `regexp` does: google-re2 decides,
and `scan` refuses the few things that only the C++ library takes.
Never: falls back to Python's `re`, whose dialect and running time are different.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from relabel.errors import PatternError

# google-re2 refuses patterns whose program outgrows this budget, and lets its cache of states
# grow to it. The library's default is kept for all but those rare patterns that need more.
DEFAULT_MAX_MEMORY_BYTES = 8 * 2**20
# Go's own bound is 128 MiB of its instructions, each of which holds a whole class of characters;
# C++ spells classes out in UTF-8 bytes. `(\pL{100}){9}` needs some 200 MiB, Go accepts it.
LARGE_MAX_MEMORY_BYTES = 2**30
# Go refuses syntax trees higher than 1000: 998 nested groups in our anchoring concatenation.
MAX_NESTED_GROUPS = 998

_GO_WORDING = {
    "missing ]": "missing closing ]",
    "missing )": "missing closing )",
    "trailing \\": "trailing backslash at end of expression",
    "no argument for repetition operator": "missing argument to repetition operator",
    "invalid repetition size": "invalid repeat count",
    "bad repetition operator": "invalid nested repetition operator",
    "invalid perl operator": "invalid or unsupported Perl syntax",
    "invalid named capture group": "invalid named capture",
}
_TOO_LARGE = "pattern too large"


@attrs.frozen
class Compiled:
    """A google-re2 pattern over bytes, and the numbers that each group name stands for."""

    regexp: Any
    group_count: int
    group_names: Mapping[str, tuple[int, ...]]


def compile_bytes(expression: str, source: str) -> Compiled:
    """Compile `expression` (what is matched); `source` is what the user wrote, for the error."""
    scanned = scan(source)
    try:
        regexp = _compile(expression.encode(), DEFAULT_MAX_MEMORY_BYTES)
    except UnicodeEncodeError:
        raise PatternError("error parsing regexp: invalid UTF-8", source) from None
    except ValueError as error:
        if _TOO_LARGE not in str(error):
            raise PatternError(_in_go_words(str(error)), source) from error
        regexp = _compile_large(expression, source)
    return Compiled(regexp, regexp.groups, scanned)


def _compile_large(expression: str, source: str) -> Any:
    try:
        return _compile(expression.encode(), LARGE_MAX_MEMORY_BYTES)
    except ValueError as error:
        raise PatternError("error parsing regexp: expression too large", source) from error


def _compile(expression: bytes, max_memory_bytes: int) -> Any:
    # Late: most rules never need the engine (see pattern.py), and it costs 2.6 MiB.
    import re2

    options = re2.Options()
    options.max_mem = max_memory_bytes
    options.log_errors = False  # else the library writes to stderr
    try:
        return re2.compile(expression, options)
    except re2.error as error:
        message = error.args[0]
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else str(message)
        raise ValueError(text) from error


def _in_go_words(message: str) -> str:
    code, _, fragment = message.partition(": ")
    code = _GO_WORDING.get(code, code)
    return (
        f"error parsing regexp: {code}: `{fragment}`"
        if fragment
        else f"error parsing regexp: {code}"
    )


def scan(source: str) -> Mapping[str, tuple[int, ...]]:
    r"""The group names of a pattern with their numbers.

    Raises PatternError for what only C++ takes: `\C` (one byte), group names beyond ASCII, and
    groups nested deeper than Go allows. For a pattern that google-re2 refuses the answer means
    nothing.
    """
    names: dict[str, tuple[int, ...]] = {}
    number = depth = 0
    for found in _tokens(source):
        if found == "\\C":
            raise PatternError("error parsing regexp: invalid escape sequence: `\\C`", source)
        if found == ")":
            depth -= 1
        elif found[0] == "(":
            depth += 1
            if depth > MAX_NESTED_GROUPS:
                raise PatternError("error parsing regexp: expression nests too deeply", source)
            name = found[1:]
            if name == "?":
                continue
            number += 1
            if name:
                _check_name(name, source)
                names[name] = (*names.get(name, ()), number)
    return names


def _check_name(name: str, source: str) -> None:
    if not name.isascii():
        raise PatternError(f"error parsing regexp: invalid named capture: `(?P<{name}>`", source)


def _tokens(source: str) -> Iterator[str]:
    r"""What `scan` looks at: `\X` escapes, `)`, `(`, `(name` and `(?` (a group without number)."""
    at = 0
    while at < len(source):
        char = source[at]
        if char == "\\":
            escape = source[at : at + 2]
            yield escape
            at = _behind_quote(source, at) if escape == "\\Q" else at + 2
        elif char == "[":
            at = _behind_class(source, at)
        elif char == "(":
            token, at = _group(source, at)
            yield token
        else:
            if char == ")":
                yield char
            at += 1


def _behind_quote(source: str, at: int) -> int:
    end = source.find("\\E", at + 2)
    return len(source) if end < 0 else end + 2


def _behind_class(source: str, at: int) -> int:
    at += 1
    if source.startswith("^", at):
        at += 1
    if source.startswith("]", at):  # a bracket at the start is a member
        at += 1
    while at < len(source) and source[at] != "]":
        if source.startswith("[:", at):
            end = source.find(":]", at + 2)
            at = end + 2 if end >= 0 else at + 2
        else:
            at += 2 if source[at] == "\\" else 1
    return at + 1


def _group(source: str, at: int) -> tuple[str, int]:
    for opening in ("(?P<", "(?<"):
        if source.startswith(opening, at):
            end = source.find(">", at)
            if end < 0:
                return "(?", len(source)
            return "(" + source[at + len(opening) : end], end + 1
    if source.startswith("(?", at):
        # Flags without a colon, `(?i)`, open no group, but their `)` closes what was counted here.
        return "(?", at + 2
    return "(", at + 1
