"""`%{NAME}` in arguments and files: the value of an environment variable, before anything is read.

Takes text and the environment; gives the text expanded, or an ExpansionError when it would grow
beyond a bound. Values may hold placeholders too. An unknown name is left as it stands, as in
vmagent; so is one that leads back to itself, where vmagent repeats it once for each variable.
Never: reads the process' environment by itself, puts a value into a message.
"""

import re
from collections.abc import Mapping

# A name holds no % and no {, so that a text of many openings is searched in one pass.
PLACEHOLDER = re.compile(r"%\{([^%{}\n]*)\}")
# Variables that hold variables may grow without end; no argument needs more than this.
MAX_EXPANDED = 1 << 20
MAX_PLACEHOLDERS = 10_000
MAX_DEPTH = 32


class ExpansionError(ValueError):
    """A text that grows too large; `name` is the placeholder in it at which it was noticed."""

    def __init__(self, name: str, max_characters: int = MAX_EXPANDED) -> None:
        super().__init__(
            f"placeholders expand to more than {max_characters} characters, at %{{{name[:80]}}}"
        )
        self.name = name


def expand(text: str, environ: Mapping[str, str], max_characters: int = MAX_EXPANDED) -> str:
    """`text` with each known placeholder replaced. Raises ExpansionError."""
    if "%{" not in text:
        return text
    values = Values(environ, max_characters)
    parts: list[str] = []
    end = 0
    for found in PLACEHOLDER.finditer(text):
        parts += (text[end : found.start()], values.of(found[1]))
        end = found.end()
    return "".join([*parts, text[end:]])


def placeholders(text: str) -> tuple[str, ...]:
    """The names that placeholders in `text` bear; after `expand` those that stay unknown."""
    return tuple(PLACEHOLDER.findall(text))


class Values:
    """What stands for the placeholders of one text: each is found once, all have one bound."""

    def __init__(self, environ: Mapping[str, str], max_characters: int = MAX_EXPANDED) -> None:
        self._environ = environ
        self._known: dict[str, str] = {}
        self._max_characters = self._left = max_characters

    def of(self, name: str) -> str:
        """Raises ExpansionError."""
        value = self._known.get(name)
        if value is None:
            try:
                value = _Expansion(self._environ, self._max_characters).value_of(name, ())
            except OverflowError:
                raise ExpansionError(name, self._max_characters) from None
            self._known[name] = value
        self._left -= len(value)
        if self._left < 0:
            raise ExpansionError(name, self._max_characters)
        return value


class _Expansion:
    """One variable's, with what is left of its budget: values may be empty, so size is not enough.

    Raises OverflowError.
    """

    def __init__(self, environ: Mapping[str, str], max_characters: int) -> None:
        self._environ = environ
        self._max_characters = max_characters
        self._left = MAX_PLACEHOLDERS

    def value_of(self, name: str, within: tuple[str, ...]) -> str:
        if name not in self._environ or name in within or len(within) >= MAX_DEPTH:
            return f"%{{{name}}}"
        text = self._environ[name]
        parts = []
        size = end = 0
        for found in PLACEHOLDER.finditer(text):
            part = text[end : found.start()] + self.value_of(found[1], (*within, name))
            end = found.end()
            parts.append(part)
            size += len(part)
            self._left -= 1
            if size > self._max_characters or self._left < 0:
                raise OverflowError
        return "".join([*parts, text[end:]])
