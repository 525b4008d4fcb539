"""What is wrong in a configuration, told all at once.

Takes places and reasons, gives errors that print as `file:line:column: path.to.key: reason`.
Invariant: nothing is told twice.
Never: shows the text of a secret.
"""

from collections.abc import Iterable, Sequence

import attrs

# More errors than a person reads in one go; the rest is counted. Bounds memory for garbage files.
MAX_ERRORS = 200
MAX_TEXT = 80

PathKey = str | int


def spell_path(path: Sequence[PathKey]) -> str:
    """`("scrape_configs", 0, "job_name")` as `scrape_configs[0].job_name`."""
    out = ""
    for key in path:
        if isinstance(key, int):
            out += f"[{key}]"
        elif out:
            out += f".{key}"
        else:
            out = key
    return out


def cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 3] + "..."


@attrs.frozen(kw_only=True)
class ConfigError:
    """One mistake. Lines and columns count from 1; 0 means the file as a whole.

    `text` is the offending text, `hint` what to do or what may have been meant, `quote` the whole
    line for a terminal (empty where it would show a secret).
    """

    file: str
    line: int = 0
    column: int = 0
    path: str = ""
    message: str
    text: str = ""
    hint: str = ""
    quote: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        path = f"{self.path}: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {path}{self.message}{hint}"

    def with_caret(self) -> str:
        """The error and below it the line with a caret under the offending column."""
        if not self.quote:
            return str(self)
        start = max(0, self.column - 61)
        line = self.quote[start : start + 120]
        # Tabs are kept in front of the caret, so that it stands right whatever their width.
        lead = "".join("\t" if c == "\t" else " " for c in line[: self.column - 1 - start])
        return f"{self}\n    {line}\n    {lead}^"


class ConfigErrors(ValueError):
    """Everything that is wrong in all files of a configuration."""

    def __init__(self, errors: Iterable[ConfigError], warnings: Iterable[ConfigError] = ()) -> None:
        self.errors = tuple(errors)
        self.warnings = tuple(warnings)
        super().__init__("\n".join(str(error) for error in self.errors))


class Problems:
    """Collects errors and warnings while a configuration is read."""

    def __init__(self) -> None:
        self.errors: list[ConfigError] = []
        self.warnings: list[ConfigError] = []
        self.left_out = 0
        self._seen: set[ConfigError] = set()

    def error(self, error: ConfigError) -> None:
        if error in self._seen:
            return
        self._seen.add(error)
        if len(self.errors) >= MAX_ERRORS:
            self.left_out += 1
            return
        self.errors.append(error)

    def warning(self, warning: ConfigError) -> None:
        if len(self.warnings) < MAX_ERRORS and warning not in self.warnings:
            self.warnings.append(warning)

    def raise_if_any(self) -> None:
        if not self.errors:
            return
        errors = sorted(self.errors, key=lambda error: (error.file, error.line, error.column))
        if self.left_out:
            message = f"and {self.left_out} more errors, not shown"
            errors.append(ConfigError(file=errors[-1].file, message=message))
        raise ConfigErrors(errors, self.warnings)
