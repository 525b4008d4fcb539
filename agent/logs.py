"""Logging: one line an event, in vmagent's two formats, over the standard library's loggers.

Takes what `-logger*` flags say; gives a handler for the root logger that writes, limits how much
one place in the code may say, and counts by level and place.
Invariant: a log call never raises and never writes two lines for one message (a traceback of the
default format follows on lines of its own).
Never: filters secrets; they are never handed to a logger.
"""

import io
import json
import logging
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

import attrs

# A program has fewer places that log; what is beyond is counted as one.
_MAX_PLACES = 2000
_OTHER_PLACE = "other"
# What `promferry bundle` gets to see; 150 characters are a usual line.
_TAIL_LINES = 500
_TAIL_LINE_CHARACTERS = 2000
_ROOT = str(Path(__file__).resolve().parent.parent) + "/"

_LEVELS = {
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
    "PANIC": logging.CRITICAL,
}
_WRITTEN = {
    logging.DEBUG: "debug",
    logging.INFO: "info",
    logging.WARNING: "warn",
    logging.ERROR: "error",
    logging.CRITICAL: "fatal",
}
FIELDS = ("ts", "level", "caller", "msg")


@attrs.frozen(kw_only=True)
class LogSettings:
    """`-logger*`, checked. `fields` are the JSON names of FIELDS, in that order."""

    level: str = "INFO"
    is_json: bool = False
    to_stdout: bool = False
    timezone: str = "UTC"
    timestamps: bool = True
    fields: tuple[str, str, str, str] = FIELDS
    max_argument_length: int = 5000
    errors_per_second: int = 0
    warnings_per_second: int = 0


@attrs.frozen(kw_only=True)
class LogStatistics:
    """`vm_log_messages_total`: by level, place and whether the message was written."""

    messages: Mapping[tuple[str, str, bool], int] = attrs.field(factory=dict)
    write_errors: int = 0


def set_up(settings: LogSettings) -> "LogHandler":
    """Make the root logger write by `settings`; gives the handler, which counts."""
    stream = sys.stdout if settings.to_stdout else sys.stderr
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")  # whatever the locale, every line is written
    handler = LogHandler(settings, stream)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    level = _LEVELS[settings.level]
    # Libraries speak of each request at INFO; that is news for their authors only.
    root.setLevel(max(level, logging.WARNING))
    logging.getLogger("promferry").setLevel(level)
    return handler


class LogHandler(logging.Handler):
    """Writes records to a stream. The base class' lock makes it safe from any thread."""

    def __init__(self, settings: LogSettings, stream: TextIO) -> None:
        super().__init__()
        self._settings = settings
        self._stream = stream
        self._clock = clock_of(settings.timezone)
        self._limiter = _Limiter(settings)
        self._counts: dict[tuple[str, str, bool], int] = {}
        self._write_errors = 0
        self._tail: deque[str] = deque(maxlen=_TAIL_LINES)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            level = _level_of(record)
            place = _place_of(record)
            prefix = self._limiter.judge(level, place, int(record.created))
            self._count(level, place, is_written=prefix is not None)
            if prefix is not None:
                line = self._line(record, level, place, prefix)
                self._tail.append(line[:_TAIL_LINE_CHARACTERS])
                self._stream.write(line)
                self._stream.flush()
        except Exception:
            # A full disk, a closed pipe, an argument whose text cannot be had: who logs goes on.
            self._write_errors += 1

    def statistics(self) -> LogStatistics:
        return LogStatistics(messages=dict(self._counts), write_errors=self._write_errors)

    def tail(self) -> list[str]:
        """The last lines, for whoever cannot read where they were written to."""
        return [line.rstrip("\n") for line in tuple(self._tail)]

    def _count(self, level: str, place: str, *, is_written: bool) -> None:
        key = (level, place, is_written)
        if key not in self._counts and len(self._counts) >= _MAX_PLACES:
            key = (level, _OTHER_PLACE, is_written)
        self._counts[key] = self._counts.get(key, 0) + 1

    def _line(self, record: logging.LogRecord, level: str, place: str, prefix: str) -> str:
        message = prefix + format_message(record, self._settings.max_argument_length)
        trace = _trace_of(record)
        stamp = self._clock(record.created) if self._settings.timestamps else ""
        if self._settings.is_json:
            values = (stamp, level, place, message + trace)
            return _json_line(self._settings.fields, values)
        parts = (stamp, level, place, one_line(message))
        return "\t".join(part for part in parts if part) + trace + "\n"


def _json_line(fields: tuple[str, ...], values: tuple[str, ...]) -> str:
    """An object without a timestamp where there is none; the order is vmagent's."""
    named = dict(zip(fields, values, strict=True))
    if not values[0]:
        del named[fields[0]]
    line = json.dumps(named, ensure_ascii=False, separators=(",", ":")) + "\n"
    # Half a surrogate pair (a path that is no UTF-8) can be written as an escape only.
    return line.encode("utf-8", "backslashreplace").decode()


def format_message(record: logging.LogRecord, max_argument_length: int) -> str:
    """The message with each long text among its arguments cut in the middle."""
    message, arguments = str(record.msg), record.args
    if not arguments:
        return message
    if not isinstance(arguments, Mapping):
        arguments = tuple(_cut(one, max_argument_length) for one in arguments)
    try:
        return message % arguments
    except (TypeError, ValueError, LookupError):
        return f"{message} {arguments!r}"  # a mistake in the program must not hide its message


def _cut(argument: object, longest: int) -> object:
    if longest <= 0 or isinstance(argument, int | float):
        return argument
    text = str(argument)
    if len(text) <= longest:
        return argument
    half = longest // 2
    return f"{text[:half]}..{text[len(text) - half :]}"


def one_line(text: str) -> str:
    """`text` with what would break or forge a line made visible."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )


def _trace_of(record: logging.LogRecord) -> str:
    if record.exc_info and record.exc_info[0] is not None:
        return "\n" + logging.Formatter().formatException(record.exc_info)
    return ""


def _level_of(record: logging.LogRecord) -> str:
    return _WRITTEN.get(record.levelno, record.levelname.lower())


def _place_of(record: logging.LogRecord) -> str:
    """`promferry/agent/app.py:12`; of a library the last two parts of the path."""
    path = record.pathname
    if path.startswith(_ROOT) and "/site-packages/" not in path:
        return f"promferry/{path[len(_ROOT) :]}:{record.lineno}"
    return f"{'/'.join(path.rsplit('/', 2)[-2:])}:{record.lineno}"


class _Limiter:
    """How often one place may speak within a second of the record's own clock."""

    def __init__(self, settings: LogSettings) -> None:
        self._limits = {"error": settings.errors_per_second, "warn": settings.warnings_per_second}
        self._second = 0
        self._spoken: dict[str, int] = {}

    def judge(self, level: str, place: str, second: int) -> str | None:
        """What to put before the message; None to leave it out. The one over the limit says so."""
        limit = self._limits.get(level, 0)
        if not limit:
            return ""
        if second != self._second:
            self._second = second
            self._spoken = {}
        spoken = self._spoken[place] = self._spoken.get(place, 0) + 1
        if spoken <= limit:
            return ""
        if spoken == limit + 1:
            return f"suppressing more than {limit} messages per second from this place: "
        return None


def clock_of(timezone: str) -> Callable[[float], str]:
    """How to write a time; raises ValueError for a zone that this machine does not know."""
    if timezone == "UTC":
        return _utc
    from datetime import datetime  # late: hardly anybody asks for another zone
    from zoneinfo import ZoneInfo

    try:
        zone = None if timezone == "Local" else ZoneInfo(timezone)
    except (OSError, ValueError, LookupError):  # unknown, a directory, outside the database
        raise ValueError("is not the name of a time zone on this machine") from None

    def write(seconds: float) -> str:
        moment = datetime.fromtimestamp(seconds, zone).astimezone(zone)
        offset = moment.strftime("%z")
        return moment.strftime("%Y-%m-%dT%H:%M:%S.") + _milliseconds(seconds) + (offset or "Z")

    return write


def _utc(seconds: float) -> str:
    whole = time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(seconds))
    return whole + _milliseconds(seconds) + "Z"


def _milliseconds(seconds: float) -> str:
    return f"{int(seconds * 1000) % 1000:03d}"


def parse_fields(text: str) -> tuple[str, str, str, str]:
    """The JSON names that `-loggerJSONFields` asks for; ValueError says what is wrong."""
    names = dict(zip(FIELDS, FIELDS, strict=True))
    for pair in filter(None, (part.strip() for part in text.split(","))):
        field, colon, name = pair.partition(":")
        if field not in names or not colon or not name:
            raise ValueError(f"is written field:name, the fields are {', '.join(FIELDS)}")
        names[field] = name
    if len(set(names.values())) < len(names):
        raise ValueError("gives two fields the same name")
    ts, level, caller, msg = names.values()
    return ts, level, caller, msg
