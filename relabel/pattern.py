"""A compiled regular expression: matched fully anchored, as `^(?s:...)$`, in Go's dialect.

Takes the text of a pattern; gives functions that say whether a text matches and what its groups
hold. Invariant: whichever way a pattern is matched (`shortcut.py` or google-re2), the answer is
google-re2's, in time linear in the text.
Never: raises at match time.
"""

import enum
import re
from collections.abc import Callable, Iterator, Mapping

import attrs

from relabel.dialect import Compiled, compile_bytes
from relabel.shortcut import PLUS, STAR, Shortcut, find_shortcut
from relabel.shortcut_match import (
    groups_function,
    literals_of,
    match_function,
    only_wildcard,
    whole_groups_of,
)

Groups = tuple[str, ...]


class Kind(enum.Enum):
    """What a pattern needs to know of a text; only OTHER has to look at more than its length."""

    ANY = ".*"
    SOME = ".+"
    EMPTY = ""
    OTHER = "other"


@attrs.frozen(eq=False)
class Pattern:
    """`groups(text)`: the whole and each group ("" where it took no part), or None if no match.

    `whole_groups`: numbers of the groups that hold the whole text whenever the pattern matches.
    `literals`: the only texts that match, where they can be listed.
    """

    source: str
    matches: Callable[[str], bool]
    groups: Callable[[str], Groups | None]
    kind: Kind = Kind.OTHER
    group_count: int = 0
    group_names: Mapping[str, tuple[int, ...]] = attrs.field(factory=dict)
    whole_groups: frozenset[int] = frozenset((0,))
    literals: frozenset[str] | None = None


def compile_pattern(source: str) -> Pattern:
    """The pattern, anchored. Raises PatternError for what Go refuses."""
    shortcut = find_shortcut(source)
    if shortcut is None:
        return _by_engine(source)
    matches = match_function(shortcut)
    if matches is None:
        return _by_engine(source)
    groups = groups_function(shortcut, matches) or _by_engine(source).groups
    literals = literals_of(shortcut)
    return Pattern(
        source=source,
        matches=matches,
        groups=groups,
        kind=_kind(shortcut, literals),
        group_count=shortcut.group_count,
        whole_groups=whole_groups_of(shortcut),
        literals=literals,
    )


def _kind(shortcut: Shortcut, literals: frozenset[str] | None) -> Kind:
    if literals == frozenset(("",)):
        return Kind.EMPTY
    return {STAR: Kind.ANY, PLUS: Kind.SOME}.get(only_wildcard(shortcut), Kind.OTHER)


def _by_engine(source: str) -> Pattern:
    compiled = compile_bytes(f"^(?s:{source})$", source)
    return Pattern(
        source=source,
        matches=_engine_matches(compiled),
        groups=_engine_groups(compiled),
        group_count=compiled.group_count,
        group_names=compiled.group_names,
    )


def _engine_matches(compiled: Compiled) -> Callable[[str], bool]:
    # Bytes in and out: with `str` the library converts offsets, three times the cost of a match.
    match = compiled.regexp.fullmatch

    def matches(text: str) -> bool:
        return match(encode(text)) is not None

    return matches


def _engine_groups(compiled: Compiled) -> Callable[[str], Groups | None]:
    match, numbers = compiled.regexp.fullmatch, range(1, compiled.group_count + 1)

    def groups(text: str) -> Groups | None:
        data = encode(text)
        found = match(data)
        if found is None:
            return None
        span = found.span  # its `groups()` takes three times as long
        found_groups = [text]
        for number in numbers:
            start, end = span(number)
            # (-1, -1) for a group that took no part, which is an empty slice.
            found_groups.append(data[start:end].decode())
        return tuple(found_groups)

    return groups


@attrs.frozen(eq=False)
class Fragment:
    """A pattern that is looked for anywhere in a text (vmagent's `*_all` actions).

    Not wrapped, so that a dot does not match a newline and `^` is the start of the text.
    """

    source: str
    find_all: Callable[[str], Iterator[tuple[int, int, Groups]]]
    group_count: int
    group_names: Mapping[str, tuple[int, ...]]


def compile_fragment(source: str) -> Fragment:
    """The pattern, not anchored. Raises PatternError for what Go refuses."""
    compiled = compile_bytes(source, source)
    return Fragment(source, _finder(compiled), compiled.group_count, compiled.group_names)


def _finder(compiled: Compiled) -> Callable[[str], Iterator[tuple[int, int, Groups]]]:
    def find_all(text: str) -> Iterator[tuple[int, int, Groups]]:
        """Start, end (in bytes of UTF-8) and groups of each match that Go would replace."""
        data = encode(text)
        last_end = 0
        for found in compiled.regexp.finditer(data):
            start, end = found.span()
            # Go ignores an empty match right behind the last one, and never stops inside a
            # character: the library steps over one byte after an empty match.
            is_inside = start < len(data) and data[start] & 0xC0 == 0x80
            if not is_inside and (end > last_end or start == 0):
                yield start, end, (found[0].decode(), *[g.decode() for g in found.groups(b"")])
            last_end = max(last_end, end)

    return find_all


def encode(text: str) -> bytes:
    """UTF-8; a lone surrogate (JSON of discovery may hold one) becomes U+FFFD, as in Go."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()
