"""A text that must never be shown.

Settings hold secrets as `Secret`, so that a settings object can be printed, logged, compared and
served on a page: only `reveal()` gives the text, and only `transport` and `agent` call it.
"""

MASK = "<secret>"


class Secret:
    """An immutable secret text; equal by text, shown as `<secret>`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return MASK if self._text else "''"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __bool__(self) -> bool:
        return bool(self._text)
