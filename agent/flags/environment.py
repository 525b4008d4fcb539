"""`%{NAME}` in arguments: the value of an environment variable, with placeholders of its own.

Takes text and the environment; gives the text expanded, or an ExpansionError when it would grow
beyond a bound. An unknown name is left as it stands, as in vmagent; so is one that leads back to
itself, where vmagent repeats it once for each variable there is.
Never: reads the process' environment by itself.
"""

import re
from collections.abc import Mapping

_PLACEHOLDER = re.compile(r"%\{([^}]*)\}")
# Variables that hold variables may grow without end; no argument needs more than this.
MAX_EXPANDED = 1 << 20
MAX_PLACEHOLDERS = 10_000
MAX_DEPTH = 32


class ExpansionError(ValueError):
    """An argument that grows too large; `name` is the variable at which it was noticed."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"placeholders expand to more than {MAX_EXPANDED} characters, at %{{{name[:80]}}}"
        )
        self.name = name


def expand(text: str, environ: Mapping[str, str]) -> str:
    """`text` with each known placeholder replaced."""
    if "%{" not in text:
        return text
    return _Expansion(environ).expand(text, ())


def placeholders(text: str) -> tuple[str, ...]:
    """The names that placeholders in `text` bear; after `expand` those that stay unknown."""
    return tuple(_PLACEHOLDER.findall(text))


class _Expansion:
    """One expansion with what is left of its budget: values may be empty, so size is not enough."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._left = MAX_PLACEHOLDERS

    def expand(self, text: str, within: tuple[str, ...]) -> str:
        parts = []
        size = end = 0
        for found in _PLACEHOLDER.finditer(text):
            part = text[end : found.start()] + self._value_of(found, within)
            end = found.end()
            parts.append(part)
            size += len(part)
            self._left -= 1
            if size > MAX_EXPANDED or self._left < 0:
                raise ExpansionError(found[1])
        parts.append(text[end:])
        return "".join(parts)

    def _value_of(self, found: re.Match[str], within: tuple[str, ...]) -> str:
        name = found[1]
        if name not in self._environ or name in within or len(within) >= MAX_DEPTH:
            return found[0]
        return self.expand(self._environ[name], (*within, name))
