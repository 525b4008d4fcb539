"""The text format 0.0.4 and 1.0.0, as Prometheus accepts it: the specification.

Takes a body and an offset; gives the sample or the comment that stands there, and where it ends.
Facts: reference/prometheus.md section 5 (its lexer); deliberate differences in docs/differences.md:
blanks before a name are not part of the name, and a NUL at the start of a line is an error instead
of a silent end of the page.
Invariant: linear in the length of the body, whatever it holds (possessive patterns only).
Never: keeps state between calls.
"""

import re
from collections.abc import Iterator

import attrs

from scraper.exposition.errors import SHOWN_BYTES, ExpositionError
from scraper.exposition.numbers import parse_timestamp, parse_value
from series.labels import METRIC_NAME

# A sample is read in one go, at 5 to 200 ns a byte: this bounds how long one may take. The longest
# that are known, all annotations of a Kubernetes object as labels, have 256 KiB.
MAX_SAMPLE_BYTES = 2**20
TOO_LONG = "a sample is longer than 1 MiB"

_LINE_FEED = ord("\n")

METRIC_TYPES = frozenset((b"counter", b"gauge", b"histogram", b"summary", b"untyped"))

_NAME = rb"[a-zA-Z_:][a-zA-Z0-9_:]*+"
_LABEL_NAME = rb"[a-zA-Z_][a-zA-Z0-9_]*+"
# A backslash escapes any byte but a line feed; NUL stands in label values only.
_QUOTED = rb'"(?:[^"\\\0]++|\\[^\n\0])*+"'
_VALUE = rb'"(?:[^"\\]++|\\\0*+[^\n\0])*+"'
_LABEL = rb"(?:%b|%b)[ \t]*+=[ \t]*+%b[ \t]*+(?:,[ \t]*+)?+" % (_LABEL_NAME, _QUOTED, _VALUE)
_QUOTED_METRIC = rb"%b[ \t]*+(?:,[ \t]*+|(?=\}))" % _QUOTED
_BRACES = rb"\{[ \t]*+(?:%b|%b)*+\}" % (_LABEL, _QUOTED_METRIC)

_SERIES = re.compile(rb"(?:%b(?:[ \t]*+%b)?+|%b)" % (_NAME, _BRACES, _BRACES))
_REST = re.compile(rb"[ \t]*+([^{ \t\n\0]++)[ \t]*+([0-9]++)?[ \t]*+(?:\n|\Z)")
_ITEM = re.compile(
    rb"(?:(%b)|(%b))[ \t]*+(?:=[ \t]*+(%b)[ \t]*+)?(?:,[ \t]*+)?" % (_LABEL_NAME, _QUOTED, _VALUE)
)
_BARE_NAME = re.compile(_NAME)
_BLANKS = re.compile(rb"[ \t]*+")
_META = re.compile(rb"#[ \t]++(HELP|TYPE)[ \t]++(?:(%b|%b)([^\n]*+))?" % (_QUOTED, _NAME))


@attrs.frozen
class Sample:
    """One line: the raw text that names the series, its value, its timestamp if it has one.

    `rest` is value and timestamp as a regular line has them: `value` or `value timestamp`.
    """

    series: bytes
    value: float
    timestamp_ms: int | None
    rest: bytes
    end: int


def skip_blanks(body: bytes, at: int) -> int:
    match = _BLANKS.match(body, at)
    assert match is not None
    return match.end()


def read_sample(body: bytes, at: int, line_no: int = 0) -> Sample:
    """The sample at `at`, which is no blank. Raises ExpositionError."""
    stop = at + MAX_SAMPLE_BYTES
    series = _SERIES.match(body, at, stop)
    rest = _REST.match(body, series.end(), stop) if series else None
    is_cut = rest is not None and rest.end() == stop < len(body) and body[stop - 1] != _LINE_FEED
    if series is None or rest is None or is_cut:
        raise _error(body, at, line_no, _why_no_sample(body, at))
    value_text, stamp_text = rest.groups()
    try:
        value = parse_value(value_text)
        stamp = None if stamp_text is None else parse_timestamp(stamp_text)
    except ValueError as exc:
        raise _error(body, at, line_no, str(exc)) from exc
    regular = value_text if stamp_text is None else value_text + b" " + stamp_text
    return Sample(series[0], value, stamp, regular, rest.end())


def parse_series(series: bytes) -> dict[str, str]:
    """The labels of a raw series text that `read_sample` found; empty values included.

    Raises ValueError for what the lexer lets pass: text that is not UTF-8, a label twice,
    a metric name twice or never.
    """
    try:
        return _labels_of(series.rstrip(b" "))
    except UnicodeDecodeError:
        raise ValueError("text is not valid UTF-8") from None


def _labels_of(series: bytes) -> dict[str, str]:
    labels: dict[str, str] = {}
    name = _BARE_NAME.match(series)
    if name is not None:
        labels[METRIC_NAME] = name[0].decode()
    brace = series.find(b"{", name.end() if name else 0)
    # Fast path: no braces, which is all there is to a series without labels.
    if brace < 0:
        return labels
    for item in _ITEM.finditer(series, skip_blanks(series, brace + 1), len(series) - 1):
        bare, quoted, value = item.groups()
        if value is None:
            label, text = METRIC_NAME, _unquote(quoted)
            if METRIC_NAME in labels:
                raise ValueError("metric name is set twice")
        else:
            label = bare.decode() if bare else _unquote(quoted)
            text = _unquote(value)
        if label in labels:
            raise ValueError(f"label {label} is set twice")
        labels[label] = text
    if METRIC_NAME not in labels:
        raise ValueError("metric name is missing")
    return labels


def _unquote(quoted: bytes) -> str:
    text = quoted[1:-1].decode()
    # Fast path: nothing escaped.
    if "\\" not in text:
        return text
    # Between two backslashes in a row, which are one, each stands for itself or before its letter.
    parts = [part.replace('\\"', '"').replace("\\n", "\n") for part in text.split("\\\\")]
    return "\\".join(parts)


def read_comment(body: bytes, at: int, line_no: int = 0) -> int:
    """The offset behind the comment line at `at`. Raises ExpositionError if HELP or TYPE is bad."""
    end = _line_end(body, at)
    meta = _META.match(body, at)
    if meta is None:
        return end
    kind, name, text = meta.groups()
    if name is None:
        raise _error(body, at, line_no, f"expected a metric name after {kind.decode()}")
    # The byte behind the name is a separator, whatever it is; the rest is taken as it stands.
    text = text[1:]
    if kind == b"TYPE" and text not in METRIC_TYPES:
        raise _error(
            body, at, line_no, "metric type must be counter, gauge, histogram, summary or untyped"
        )
    if kind == b"HELP" and not _is_utf8(text):
        raise _error(body, at, line_no, "help text is not valid UTF-8")
    return _line_end(body, meta.end())


def read_samples(body: bytes) -> Iterator[tuple[int, Sample]]:
    """All samples of a body and where they begin, the plain way. Raises ExpositionError."""
    at = 0
    while (at := skip_blanks(body, at)) < len(body):
        first = body[at : at + 1]
        if first == b"\n":
            at += 1
        elif first == b"#":
            at = read_comment(body, at)
        else:
            start = at
            sample = read_sample(body, at)
            at = sample.end
            yield start, sample


def _line_end(body: bytes, at: int) -> int:
    """The offset behind the line feed at or after `at`, or the end of the body."""
    found = body.find(b"\n", at)
    return len(body) if found < 0 else found + 1


def _is_utf8(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _error(body: bytes, at: int, line_no: int, reason: str) -> ExpositionError:
    start = body.rfind(b"\n", 0, at) + 1
    line = body[start : min(_line_end(body, at), start + SHOWN_BYTES)].rstrip(b"\n")
    return ExpositionError(reason, line_no or body.count(b"\n", 0, at) + 1, line)


_OPENED = re.compile(rb"(?:%b[ \t]*+)?+\{[ \t]*+(?:%b|%b)*+" % (_NAME, _LABEL, _QUOTED_METRIC))
_VALUE_BEGUN = re.compile(rb'=[ \t]*+"(?:[^"\\]++|\\\0*+[^\n\0])*+\Z')
_ANY_LABEL_NAME = re.compile(rb"(?:%b|%b)[ \t]*+" % (_LABEL_NAME, _QUOTED))


def _why_no_sample(body: bytes, at: int) -> str:
    """What is wrong at `at`, where no sample could be read."""
    stop = at + MAX_SAMPLE_BYTES
    if stop < len(body) and body.find(b"\n", at, stop) < 0:
        return TOO_LONG
    series = _SERIES.match(body, at, stop)
    # A bare name with a brace behind it matched only because its braces did not.
    opened = _OPENED.match(body, at, stop)
    if opened is None:
        if series is None:
            return "expected a metric name or {"
        return _why_no_rest(body, series.end(), stop)
    if body[opened.end() : opened.end() + 1] == b"}":
        return _why_no_rest(body, opened.end() + 1, stop)
    name = _ANY_LABEL_NAME.match(body, opened.end(), stop)
    if name is None:
        return "expected a label name or }"
    if body[name.end() : name.end() + 1] != b"=":
        return "expected = after the label name"
    # One that is closed further on.
    if _VALUE_BEGUN.match(body, name.end(), stop) and stop < len(body):
        return TOO_LONG
    return "expected a quoted label value after ="


def _why_no_rest(body: bytes, at: int, stop: int) -> str:
    at = skip_blanks(body, at)
    if at >= stop:
        return TOO_LONG
    value = re.compile(rb"[^{ \t\n\0]++").match(body, at, stop)
    if value is None:
        return "expected a value after the series"
    return "expected a timestamp in whole milliseconds or the end of the line after the value"
