r"""Patterns so simple that comparing strings gives the same answer as an engine.

Takes the text of an anchored pattern; gives its forms, or None if an engine has to decide.
Understands literals, escaped punctuation, `.*` and `.+`, groups, alternation, and `^`/`$` at the
ends of a top-level branch (no-ops there, as the whole pattern is anchored). A pattern becomes a
list of forms in the engine's order of preference; a form is literal text with one wildcard at
most (or one at both ends): `a(b|c).*` is `ab.*` and `ac.*`.
Invariant: what is understood here, RE2 accepts, and matches and captures the same (hypothesis
holds it in tests/relabel/test_shortcut.py).
"""

from collections.abc import Sequence
from itertools import product

import attrs

STAR, PLUS = "*", "+"  # the wildcards `.*` and `.+`, as Wild.kind

# Alternations are multiplied out; beyond this an engine is faster and smaller.
MAX_FORMS = 64

_SPECIAL = frozenset("\\.+*?()|[]{}^$")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~ ")


@attrs.frozen
class Wild:
    kind: str


@attrs.frozen
class Open:
    """Where a capturing group starts and, as `Close`, ends; takes no room in the text."""

    group: int


@attrs.frozen
class Close:
    group: int


Piece = str | Wild | Open | Close
Form = tuple[Piece, ...]


@attrs.frozen
class Shortcut:
    """`is_ordered`: the first form that matches is the one whose captures the engine would give."""

    forms: tuple[Form, ...]
    group_count: int
    is_ordered: bool


def find_shortcut(source: str) -> Shortcut | None:
    """The pattern's forms, or None."""
    parser = _Parser(source)
    try:
        forms = parser.branches(is_top=True)
    except _NotSimple:
        return None
    if parser.at < len(source):  # an unmatched `)`
        return None
    return Shortcut(tuple(forms), parser.groups, parser.is_ordered)


class _NotSimple(Exception):
    pass


class _Parser:
    """Recursive descent; `at` is the next character."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.at = self.groups = self.depth = 0
        self.is_ordered = True

    def branches(self, is_top: bool = False) -> list[Form]:
        forms = self._branch(is_top)
        while self._take("|"):
            forms += self._branch(is_top)
            self._bound(len(forms))
        return forms

    def _branch(self, is_top: bool) -> list[Form]:
        if is_top:
            self._take("^")
        items: list[list[Form]] = []
        while self.at < len(self.source) and self.source[self.at] not in "|)":
            if is_top and self._take_dollar():
                break
            items.append(self._item())
        self._judge_order(items)
        count = 1
        for forms in items:
            count *= len(forms)
            self._bound(count)
        return [tuple(piece for form in choice for piece in form) for choice in product(*items)]

    def _judge_order(self, items: Sequence[list[Form]]) -> None:
        # The engine tries a wildcard's lengths before the alternatives that stand behind it, so
        # that forms multiplied out behind a wildcard are not in its order of preference.
        has_wild = False
        for forms in items:
            if has_wild and len(forms) > 1:
                self.is_ordered = False
            has_wild = has_wild or any(isinstance(piece, Wild) for form in forms for piece in form)

    def _item(self) -> list[Form]:
        if self._take("("):
            return self._group()
        if self._take("."):
            return [(Wild(self._wildcard()),)]
        char = self.source[self.at]
        if char == "\\":
            self.at += 1
            char = self.source[self.at : self.at + 1]
            if char not in _PUNCTUATION or not char:
                raise _NotSimple
        elif char in _SPECIAL:
            raise _NotSimple
        self.at += 1
        self._refuse_quantifier()
        return [(char,)]

    def _wildcard(self) -> str:
        kind = self.source[self.at : self.at + 1]
        if kind not in (STAR, PLUS):
            raise _NotSimple
        self.at += 1
        self._refuse_quantifier()
        return kind

    def _group(self) -> list[Form]:
        self.depth += 1
        if self.depth > 20:  # deep nesting is no simple pattern, and must not exhaust our stack
            raise _NotSimple
        number = 0
        if self.source.startswith("?:", self.at):
            self.at += 2
        else:
            self.groups += 1
            number = self.groups
        forms = self.branches()
        if not self._take(")"):
            raise _NotSimple
        self.depth -= 1
        self._refuse_quantifier()
        return [(Open(number), *form, Close(number)) for form in forms] if number else forms

    def _refuse_quantifier(self) -> None:
        if self.source[self.at : self.at + 1] in ("*", "+", "?", "{"):
            raise _NotSimple

    def _take(self, char: str) -> bool:
        if self.source.startswith(char, self.at):
            self.at += 1
            return True
        return False

    def _take_dollar(self) -> bool:
        """A `$` that ends a top-level branch."""
        behind = self.source[self.at + 1 : self.at + 2]
        return behind in ("", "|") and self._take("$")

    def _bound(self, count: int) -> None:
        if count > MAX_FORMS:
            raise _NotSimple
