"""One configuration file as text: placeholders filled, places mapped back to what was written.

Takes the bytes of a file and the environment, gives the text to parse and the line and column in
the file for an index into that text.
Never: reads a file itself, puts the value of a variable into a message.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping

from agent.config.errors import ConfigError, Problems
from scraper.placeholders import PLACEHOLDER, ExpansionError, Values

# A configuration of 10 000 targets is 1 MB. Beyond this it is a mistake (a log, an image).
MAX_FILE_BYTES = 32 * 2**20

# A line that may show a secret is never quoted.
_SECRETIVE = re.compile(
    r"""(?ix)
    (pass|secret|token|credential|authorization|key)(?!\w*_file)\w*["']?\s*:
    | //[^/\s]*@
    """
)
# A longer line is no line that a person wrote; it is not searched for secrets either.
_LONGEST_QUOTE = 2000


def _start_of(segment: tuple[int, int, bool]) -> int:
    return segment[0]


def shown_name(path: str) -> str:
    """What messages call a file: a URL without the user and password in it."""
    scheme, separator, rest = path.partition("://")
    authority, slash, tail = rest.partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{tail}" if separator else path


class Source:
    """The text of one file, ready to be parsed. Raises ExpansionError."""

    def __init__(self, name: str, text: str, environment: Mapping[str, str]) -> None:
        self.name = name
        self._written = text
        self._lines: list[str] | None = None
        self._line_starts: list[int] | None = None
        self._segments: list[tuple[int, int, bool]] = []
        self.text = self._fill(text, environment) if "%{" in text else text

    def _fill(self, text: str, environment: Mapping[str, str]) -> str:
        """Fills placeholders; keeps (index in the result, index in the file, is verbatim).

        Raises ExpansionError.
        """
        values = Values(environment, MAX_FILE_BYTES)
        parts: list[str] = []
        at = length = 0
        for match in PLACEHOLDER.finditer(text):
            value = values.of(match[1])
            if value == match[0]:
                continue
            for piece, start in ((text[at : match.start()], at), (value, match.start())):
                self._segments.append((length, start, start == at))
                parts.append(piece)
                length += len(piece)
            at = match.end()
        self._segments.append((length, at, True))
        parts.append(text[at:])
        return "".join(parts)

    def place(self, index: int) -> tuple[int, int]:
        """Line and column in the file, from 1, for an index into the text."""
        if self._segments:
            number = bisect_right(self._segments, index, key=_start_of) - 1
            start, written, verbatim = self._segments[number]
            index = written + (index - start if verbatim else 0)
        if self._line_starts is None:
            self._line_starts = [0, *(match.end() for match in re.finditer("\n", self._written))]
        line = bisect_right(self._line_starts, index)
        return line, index - self._line_starts[line - 1] + 1

    def written_line(self, number: int) -> str:
        """The line as it stands in the file; empty if there is none. It may show a secret."""
        if self._lines is None:
            self._lines = self._written.split("\n")
        return self._lines[number - 1].rstrip("\r") if 0 < number <= len(self._lines) else ""

    def quotable_line(self, number: int) -> str:
        """The line as it stands in the file; empty if it may show a secret."""
        line = self.written_line(number)
        return "" if len(line) > _LONGEST_QUOTE or _SECRETIVE.search(line) else line


def decode_source(
    name: str, content: bytes, environment: Mapping[str, str], problems: Problems
) -> Source | None:
    """The file's text, or None after reporting why it is none."""
    if len(content) > MAX_FILE_BYTES:
        message = f"the file is larger than {MAX_FILE_BYTES} bytes, which no configuration is"
        problems.error(ConfigError(file=name, message=message))
        return None
    try:
        text = content.decode(_encoding_of(content))
    except UnicodeDecodeError as error:
        before = content[: error.start]
        problems.error(
            ConfigError(
                file=name,
                line=before.count(b"\n") + 1,
                column=error.start - before.rfind(b"\n"),
                message="not valid UTF-8",
                text=repr(content[error.start : error.start + 8]),
            )
        )
        return None
    try:
        return Source(name, text, environment)
    except ExpansionError as grown:
        filled = text[: text.index(f"%{{{grown.name}}}")]
        problems.error(
            ConfigError(
                file=name,
                line=filled.count("\n") + 1,
                column=len(filled) - filled.rfind("\n"),
                message=str(grown),
            )
        )
        return None


def _encoding_of(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    return "utf-8-sig"
