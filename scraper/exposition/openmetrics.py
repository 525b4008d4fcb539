"""OpenMetrics text 1.0 as Prometheus accepts it: the specification.

Takes a body and an offset; gives the sample or the comment that stands there, and where it ends.
Facts: reference/prometheus.md section 5. Single blanks only, no empty lines, no comments but HELP,
TYPE, UNIT and the last line, `# EOF`. More than that is the work of `promferry lint -openmetrics`.
Deliberate differences: no raw line feed in a quoted name; one beyond int64 is its end.
Invariant: a sample or comment is one line; linear in its length.
Never: keeps state between calls.
"""

import re
from array import array
from collections.abc import Sequence
from math import inf

from scraper.exposition.errors import SHOWN_BYTES, ExpositionError
from scraper.exposition.numbers import MAX_TIMESTAMP, NO_TIMESTAMP, parse_value, parse_values
from scraper.exposition.page import Page
from scraper.exposition.text import MAX_SAMPLE_BYTES, TOO_LONG, Sample, parse_series
from series.exemplar import Exemplar
from series.labels import METRIC_NAME, canonical

METRIC_TYPES = frozenset(
    b"counter gauge histogram gaugehistogram summary info stateset unknown".split()
)
EOF_LINE = b"# EOF"

_NAME = rb"[a-zA-Z_:][a-zA-Z0-9_:]*+"
_LABEL_NAME = rb"[a-zA-Z_][a-zA-Z0-9_]*+"
_QUOTED = rb'"(?:[^"\\\0\n]++|\\[^\n\0])*+"'
_VALUE = rb'"(?:[^"\\\n]++|\\\0*+[^\n\0])*+"'
_LABEL = rb"(?:%b|%b)=%b(?:,|(?=\}))" % (_LABEL_NAME, _QUOTED, _VALUE)
_BRACES = rb"\{(?:%b|%b(?:,|(?=\})))*+\}" % (_LABEL, _QUOTED)
_SERIES = re.compile(rb"(?:%b(?:%b)?+|%b)" % (_NAME, _BRACES, _BRACES))
_EXEMPLAR_VALUE = rb'"(?:[^"\\\n\0]++|\\[^\n\0])*+"'
_EXEMPLAR_LABEL = rb"(?:%b|%b)=%b(?:,|(?=\}))" % (_LABEL_NAME, _QUOTED, _EXEMPLAR_VALUE)
_EXEMPLAR = re.compile(rb"(\{(?:%b)*+\}) ([^ \n\0]++)(?: ([^ \n\0]++))?" % _EXEMPLAR_LABEL)
_META = re.compile(rb"# (HELP|TYPE|UNIT) (%b|%b) ([^\n]*+)" % (_QUOTED, _NAME))


def parse_stamp(text: bytes) -> int:
    """Seconds as a float, any sign; gives milliseconds. Raises ValueError with the reason."""
    try:
        stamp_ms = parse_value(text) * 1000
    except ValueError:
        raise ValueError("timestamp is not a number of seconds") from None
    # NaN fails the comparison as well.
    if not -inf < stamp_ms < inf:
        raise ValueError("timestamp is not finite")
    # Beyond int64 is valid, and no sample of such a time can be stored.
    return max(-MAX_TIMESTAMP, min(MAX_TIMESTAMP, int(stamp_ms)))


def is_stamp(text: bytes) -> bool:
    return bool(text) and not text.translate(None, b"0123456789+-.eE")


def parse_exemplar(text: bytes) -> Exemplar:
    """What stands behind ` # `. Raises ValueError with the reason."""
    match = _EXEMPLAR.fullmatch(text)
    if match is None:
        raise ValueError("expected an exemplar: # {labels} value [timestamp]")
    labels_text, value_text, stamp_text = match.groups()
    # The labels of an exemplar are those of a series without a name.
    labels = parse_series(b"x" + labels_text)
    del labels[METRIC_NAME]
    stamp_ms = None if stamp_text is None else parse_stamp(stamp_text)
    # In bulk, so that a NaN is the canonical one.
    return Exemplar(canonical(labels), parse_values([value_text])[0], stamp_ms)


def parse_rests(rests: Sequence[bytes]) -> Page:
    """What follows the series of each line: `value [timestamp] [# exemplar]`.

    Raises ValueError if one is wrong.
    """
    exemplars: dict[int, tuple[Exemplar, ...]] | None = None
    # Fast path: no exemplars.
    if b"#" in b"".join(rests):
        exemplars = {}
        plain = []
        for at, rest in enumerate(rests):
            head, mark, exemplar = rest.partition(b" # ")
            plain.append(head)
            if mark:
                exemplars[at] = (parse_exemplar(exemplar),)
        rests = plain
    # Fast path: no timestamps.
    if b" " not in b"".join(rests):
        return Page((), parse_values(rests), None, exemplars)
    values, blanks, texts = zip(*[rest.partition(b" ") for rest in rests], strict=True)
    stamps = array("q", [NO_TIMESTAMP]) * len(rests)
    for at, (blank, text) in enumerate(zip(blanks, texts, strict=True)):
        if blank:
            stamps[at] = parse_stamp(text)
    return Page((), parse_values(values), stamps, exemplars)


def check_rest(rest: bytes) -> None:
    """One line's; raises ValueError with the reason, where `parse_rests` may not tell it."""
    head, _, _ = rest.partition(b" # ")
    value, _, _ = head.partition(b" ")
    parse_value(value)
    parse_rests([rest])


def read_sample(body: bytes, at: int, line_no: int = 0) -> Sample:
    """The sample at `at`, the beginning of a line. Raises ExpositionError."""
    if not body:
        raise _error(body, at, line_no, "data does not end with # EOF")
    end = _line_end(body, at)
    if end - at > MAX_SAMPLE_BYTES:
        raise _error(body, at, line_no, TOO_LONG)
    series = _SERIES.match(body, at, end)
    if series is None:
        raise _error(
            body, at, line_no, 'expected a series: name{label="value"}, single blanks only'
        )
    rest = body[series.end() + 1 : end]
    if body[series.end() : series.end() + 1] != b" " or not rest or b"\0" in rest[:1]:
        raise _error(body, at, line_no, "expected one blank and a value after the series")
    try:
        check_rest(rest)
        page = parse_rests([rest])
    except ValueError as exc:
        raise _error(body, at, line_no, str(exc)) from exc
    stamp = None if page.stamps is None else page.stamps[0]
    return Sample(series[0], page.values[0], stamp, rest, min(end + 1, len(body)))


def read_comment(body: bytes, at: int, line_no: int = 0) -> int:
    """The offset behind the comment line at `at`. Raises ExpositionError for any unknown one."""
    end = _line_end(body, at)
    line = body[at:end]
    if line == EOF_LINE:
        if end < len(body):
            raise _error(body, at, line_no, "unexpected data after # EOF")
        return end
    meta = _META.fullmatch(line)
    if meta is None:
        raise _error(
            body, at, line_no, "expected # HELP, # TYPE or # UNIT with a name and a text, or # EOF"
        )
    kind, name, text = meta.groups()
    if reason := _META_CHECKS[kind](name.strip(b'"'), text):
        raise _error(body, at, line_no, reason)
    return min(end + 1, len(body))


def _type_error(name: bytes, text: bytes) -> str:
    return "" if text in METRIC_TYPES else "unknown metric type"


def _help_error(name: bytes, text: bytes) -> str:
    try:
        text.decode()
    except UnicodeDecodeError:
        return "help text is not valid UTF-8"
    return ""


def _unit_error(name: bytes, text: bytes) -> str:
    return "" if not text or name.endswith(b"_" + text) else "unit is not a suffix of the name"


_META_CHECKS = {b"TYPE": _type_error, b"HELP": _help_error, b"UNIT": _unit_error}


def check_end(body: bytes) -> None:
    """Raises ExpositionError if the last line is not `# EOF`; `body` without its last line feed."""
    if body != EOF_LINE and not body.endswith(b"\n" + EOF_LINE):
        raise _error(body, len(body), 0, "data does not end with # EOF")


def _line_end(body: bytes, at: int) -> int:
    found = body.find(b"\n", at)
    return len(body) if found < 0 else found


def _error(body: bytes, at: int, line_no: int, reason: str) -> ExpositionError:
    start = body.rfind(b"\n", 0, at) + 1
    line = body[start : min(_line_end(body, at), start + SHOWN_BYTES)]
    return ExpositionError(reason, line_no or body.count(b"\n", 0, at) + 1, line)
