"""What a comment line says of a family: its type, its help, its unit.

Takes comment lines of a page; gives keyword, name and text as Prometheus reads them: the byte
behind the name is the separator, whatever it is. Text pages say no unit, and know fewer escapes
than OpenMetrics, which is recognised by its last line.
Never: decides whether a line is good; `exposition.text` and `exposition.openmetrics` did.
"""

import re
from collections.abc import Collection, Iterable, Iterator

from scraper.exposition.openmetrics import EOF_LINE

_LINE = re.compile(
    rb"[ \t]*+#[ \t]++(HELP|TYPE|UNIT)[ \t]++"
    rb'(?:"((?:[^"\\\0]|\\[^\n\0])*+)"|([a-zA-Z_:][a-zA-Z0-9_:]*+))(?:[^\n]([^\n]*+))?'
)
_ESCAPE = re.compile(r'\\([\\"n])')
_HELP_ESCAPE = re.compile(r"\\([\\n])")


def said(comments: Collection[bytes]) -> Iterator[tuple[str, str, str]]:
    """Keyword, name and text of each line that says something, in the order of the lines."""
    is_openmetrics = EOF_LINE in comments
    help_escape = _ESCAPE if is_openmetrics else _HELP_ESCAPE
    for line in comments:
        match = _LINE.match(line)
        if match is None:
            continue
        keyword, quoted, bare, text = match.groups(b"")
        if keyword == b"UNIT" and not is_openmetrics:
            continue
        name = _unescaped(_ESCAPE, quoted) or bare.decode()
        yield keyword.decode(), name, _unescaped(help_escape, text)


def types_of(comments: Iterable[bytes]) -> dict[str, str]:
    """The type of each family that says one."""
    return {name: text.strip() for word, name, text in said(tuple(comments)) if word == "TYPE"}


def _unescaped(escape: re.Pattern[str], text: bytes) -> str:
    found = text.decode("utf-8", "replace")
    # Fast path: nothing escaped.
    if "\\" not in found:
        return found
    return escape.sub(lambda match: "\n" if match[1] == "n" else match[1], found)
