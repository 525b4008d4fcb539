"""Turns the forms of a simple pattern into functions that compare strings.

Takes a Shortcut; gives `matches(text)` and `groups(text)`, or None where a form has more
wildcards than string comparison can place.
"""

from collections.abc import Callable, Sequence

import attrs

from relabel.shortcut import PLUS, STAR, Close, Form, Open, Shortcut, Wild

Matches = Callable[[str], bool]
GroupsOf = Callable[[str], tuple[str, ...] | None]


@attrs.frozen
class _Flat:
    """A form without its groups: literal texts between the wildcards (one text more than those)."""

    texts: tuple[str, ...]
    wilds: tuple[str, ...]


def _flatten(form: Form) -> _Flat:
    texts, wilds = [""], []
    for piece in form:
        if isinstance(piece, str):
            texts[-1] += piece
        elif isinstance(piece, Wild):
            wilds.append(piece.kind)
            texts.append("")
    return _Flat(tuple(texts), tuple(wilds))


def literals_of(shortcut: Shortcut) -> frozenset[str] | None:
    """All texts that match, or None if there is a wildcard."""
    flats = [_flatten(form) for form in shortcut.forms]
    if any(flat.wilds for flat in flats):
        return None
    return frozenset(flat.texts[0] for flat in flats)


def only_wildcard(shortcut: Shortcut) -> str:
    """The wildcard's kind where the pattern is nothing else (groups apart); "" otherwise."""
    if len(shortcut.forms) != 1:
        return ""
    flat = _flatten(shortcut.forms[0])
    return flat.wilds[0] if flat.texts == ("", "") else ""


def whole_groups_of(shortcut: Shortcut) -> frozenset[int]:
    """The groups around all of a lone wildcard, and 0, the match itself."""
    around = {0}
    if only_wildcard(shortcut):
        form = shortcut.forms[0]
        at = next(index for index, piece in enumerate(form) if isinstance(piece, Wild))
        around.update(piece.group for piece in form[:at] if isinstance(piece, Open))
        around.difference_update(piece.group for piece in form[:at] if isinstance(piece, Close))
    return frozenset(around)


def match_function(shortcut: Shortcut) -> Matches | None:
    """Does a text match one of the forms? None if a form is beyond string comparison."""
    literals: list[str] = []
    prefixes: list[str] = []
    others: list[Matches] = []
    for flat in (_flatten(form) for form in shortcut.forms):
        if not flat.wilds:
            literals.append(flat.texts[0])
        elif flat.wilds == (STAR,) and not flat.texts[1]:
            prefixes.append(flat.texts[0])
        else:
            other = _other(flat)
            if other is None:
                return None
            others.append(other)
    return _combined(literals, prefixes, others)


def _combined(literals: Sequence[str], prefixes: Sequence[str], others: list[Matches]) -> Matches:
    parts: list[Matches] = []
    if literals:
        parts.append(_one_of(literals))
    if "" in prefixes:  # `.*` alone
        return lambda text: True
    if prefixes:
        starts = tuple(prefixes)
        parts.append(lambda text: text.startswith(starts))
    parts += others
    if len(parts) == 1:
        return parts[0]
    return lambda text: any(part(text) for part in parts)


def _one_of(literals: Sequence[str]) -> Matches:
    if len(literals) == 1:
        return literals[0].__eq__
    return frozenset(literals).__contains__


def _other(flat: _Flat) -> Matches | None:
    if len(flat.wilds) == 1:
        return _around(flat.texts[0], flat.wilds[0], flat.texts[1])
    if len(flat.wilds) == 2 and not flat.texts[0] and not flat.texts[2]:
        return _within(flat.wilds[0], flat.texts[1], flat.wilds[1])
    return None


def _around(before: str, wild: str, behind: str) -> Matches:
    shortest = len(before) + len(behind) + (wild == PLUS)
    if not shortest:
        return lambda text: True
    if not before and not behind:
        return bool
    if not before:
        return lambda text: len(text) >= shortest and text.endswith(behind)
    if not behind:
        return lambda text: len(text) >= shortest and text.startswith(before)
    return lambda text: len(text) >= shortest and text.startswith(before) and text.endswith(behind)


def _within(left: str, middle: str, right: str) -> Matches:
    first, last = int(left == PLUS), int(right == PLUS)
    if not first and not last:
        return lambda text: middle in text
    shortest = first + len(middle) + last
    return lambda text: len(text) >= shortest and text.find(middle, first, len(text) - last) >= 0


def groups_function(shortcut: Shortcut, matches: Matches) -> GroupsOf | None:
    """What the groups hold; None where only the engine knows which form it would prefer."""
    if shortcut.group_count == 0:
        return lambda text: (text,) if matches(text) else None
    if not shortcut.is_ordered or any(len(_flatten(form).wilds) > 1 for form in shortcut.forms):
        return None
    single = [_groups_of_form(form, shortcut.group_count) for form in shortcut.forms]
    if len(single) == 1:
        return single[0]

    def groups(text: str) -> tuple[str, ...] | None:
        for groups_of_form in single:
            found = groups_of_form(text)
            if found is not None:
                return found
        return None

    return groups


def _groups_of_form(form: Form, group_count: int) -> GroupsOf:
    matches = match_function(Shortcut((form,), group_count, True))
    assert matches is not None, "a form of one wildcard is always matched"
    is_match = matches
    spans = _spans(form, group_count)

    def groups(text: str) -> tuple[str, ...] | None:
        if not is_match(text):
            return None
        length = len(text)
        return (text, *[text[a + length * x : b + length * y] for a, x, b, y in spans])

    return groups


def _spans(form: Form, group_count: int) -> list[tuple[int, int, int, int]]:
    """For each group its start and end: an offset, and whether it counts from the text's end."""
    flat = _flatten(form)
    behind = len(flat.texts[1]) if flat.wilds else 0
    starts: dict[int, tuple[int, int]] = {}
    spans = [(0, 0, 0, 0)] * group_count
    offset, is_behind = 0, 0
    for piece in form:
        if isinstance(piece, str):
            offset += len(piece)
        elif isinstance(piece, Wild):
            offset, is_behind = -behind, 1
        elif isinstance(piece, Open):
            starts[piece.group] = (offset, is_behind)
        elif isinstance(piece, Close):
            spans[piece.group - 1] = (*starts[piece.group], offset, is_behind)
    return spans
