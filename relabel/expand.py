"""Templates of `replacement` and `target_label`: Go's `Regexp.Expand` and vmagent's `{{label}}`.

Takes the text of a template and the pattern whose groups it names; gives an Expansion.
Go: `$name` takes the longest run of letters, digits and `_` (so `$1x` is the group "1x"),
`${name}` ends at the brace, `$$` is `$`, a malformed `$` stays, an unknown group is empty.
A `{{label}}` is filled with the label's value as it stands: a `$` in it means nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

import attrs

# Go gives up on longer numbers and takes them for (unknown) names.
_MAX_DIGITS = 9


@attrs.frozen
class Label:
    """A `{{name}}`."""

    name: str


@attrs.frozen
class Reference:
    """A `$name`; a number if the name is one."""

    name: str

    def numbers(self, group_count: int, names: Mapping[str, tuple[int, ...]]) -> tuple[int, ...]:
        """The groups that may stand here; Go takes the first that took part in the match."""
        if not self._is_number():
            return names.get(self.name, ())
        number = int(self.name)
        return (number,) if number <= group_count else ()

    def _is_number(self) -> bool:
        digits = self.name
        if not (digits.isascii() and digits.isdigit()) or len(digits) > _MAX_DIGITS:
            return False
        return digits == "0" or digits[0] != "0"


Part = str | tuple[int, ...] | Label


@attrs.frozen
class Expansion:
    """A template bound to a pattern: texts, groups and labels in order."""

    parts: tuple[Part, ...]

    @property
    def constant(self) -> str | None:
        """The text, if it depends on nothing."""
        if not self.parts:
            return ""
        only = self.parts[0]
        return only if len(self.parts) == 1 and isinstance(only, str) else None

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts if isinstance(part, Label))

    @property
    def has_groups(self) -> bool:
        return any(isinstance(part, tuple) for part in self.parts)

    def expand(self, groups: Sequence[str], labels: Mapping[str, str]) -> str:
        return "".join([self._text(part, groups, labels) for part in self.parts])

    def _text(self, part: Part, groups: Sequence[str], labels: Mapping[str, str]) -> str:
        if isinstance(part, str):
            return part
        if isinstance(part, tuple):
            # Several numbers only where several groups bear one name.
            return next((groups[number] for number in part if groups[number]), "")
        return labels.get(part.name, "")


def bind(
    template: str,
    group_count: int,
    group_names: Mapping[str, tuple[int, ...]],
    *,
    with_labels: bool = False,
) -> Expansion:
    """The template, its group names resolved; `{{label}}` is understood only `with_labels`."""
    parts: list[Part] = []
    for piece in _with_labels(template) if with_labels else _without_labels(template):
        if isinstance(piece, Reference):
            numbers = piece.numbers(group_count, group_names)
            if numbers:
                parts.append(numbers)
        elif isinstance(piece, Label):
            parts.append(piece)
        elif parts and isinstance(parts[-1], str):
            parts[-1] += piece
        elif piece:
            parts.append(piece)
    return Expansion(tuple(parts))


def _with_labels(template: str) -> Iterator[str | Reference | Label]:
    while True:
        before, opening, rest = template.partition("{{")
        name, closing, behind = rest.partition("}}")
        if not opening or not closing:  # `{{` without `}}` stays
            yield from _without_labels(template)
            return
        yield from _without_labels(before)
        yield Label(name)
        template = behind


def _without_labels(template: str) -> Iterator[str | Reference]:
    while True:
        before, dollar, template = template.partition("$")
        yield before
        if not dollar:
            return
        if template.startswith("$"):
            yield "$"
            template = template[1:]
            continue
        name, behind = _name(template)
        if name:
            yield Reference(name)
            template = behind
        else:
            yield "$"


def _name(template: str) -> tuple[str, str]:
    """The name that a `$` in front of `template` refers to and what follows; ("", _) if none."""
    has_brace = template.startswith("{")
    start = end = int(has_brace)
    while end < len(template) and _is_name_char(template[end]):
        end += 1
    if has_brace and not template.startswith("}", end):
        return "", template
    return template[start:end], template[end + has_brace :]


def _is_name_char(char: str) -> bool:
    # Go's IsLetter and IsDigit: categories L* and Nd.
    return char == "_" or char.isalpha() or char.isdecimal()
