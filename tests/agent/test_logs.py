"""Log lines: their two formats, limits and counts."""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator

import pytest

from agent.logs import LogHandler, LogSettings, clock_of, one_line, parse_fields, set_up

NOON = 1_767_268_800.25  # 2026-01-01T12:00:00.250Z


def record(
    message: str,
    *arguments: object,
    level: int = logging.INFO,
    created: float = NOON,
    line: int = 7,
    exc: BaseException | None = None,
) -> logging.LogRecord:
    exc_info = (type(exc), exc, exc.__traceback__) if exc else None
    one = logging.LogRecord("promferry.x", level, __file__, line, message, arguments, exc_info)
    one.created = created
    return one


class Log:
    """A handler and what it wrote."""

    def __init__(self, settings: LogSettings) -> None:
        self.stream = io.StringIO()
        self.handler = LogHandler(settings, self.stream)

    def written(self, *records: logging.LogRecord) -> str:
        for one in records:
            self.handler.emit(one)
        return self.stream.getvalue()


HERE = "promferry/tests/agent/test_logs.py:7"


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        pytest.param(
            LogSettings(), f"2026-01-01T12:00:00.250Z\tinfo\t{HERE}\tq a\n", id="by default"
        ),
        pytest.param(
            LogSettings(timestamps=False), f"info\t{HERE}\tq a\n", id="without timestamps"
        ),
        pytest.param(
            LogSettings(timezone="Asia/Kolkata"),
            f"2026-01-01T17:30:00.250+0530\tinfo\t{HERE}\tq a\n",
            id="in another zone",
        ),
        pytest.param(
            LogSettings(is_json=True),
            f'{{"ts":"2026-01-01T12:00:00.250Z","level":"info","caller":"{HERE}","msg":"q a"}}\n',
            id="as JSON",
        ),
        pytest.param(
            LogSettings(is_json=True, timestamps=False),
            f'{{"level":"info","caller":"{HERE}","msg":"q a"}}\n',
            id="as JSON without timestamps",
        ),
        pytest.param(
            LogSettings(is_json=True, fields=("time", "severity", "at", "text")),
            f'{{"time":"2026-01-01T12:00:00.250Z","severity":"info","at":"{HERE}","text":"q a"}}\n',
            id="as JSON with other names",
        ),
    ],
)
def test_line(settings: LogSettings, line: str) -> None:
    assert Log(settings).written(record("q %s", "a")) == line


@pytest.mark.parametrize(
    ("level", "written"),
    [
        (logging.DEBUG, "debug"),
        (logging.INFO, "info"),
        (logging.WARNING, "warn"),
        (logging.ERROR, "error"),
        (logging.CRITICAL, "fatal"),
    ],
)
def test_levels(level: int, written: str) -> None:
    assert f"\t{written}\t" in Log(LogSettings()).written(record("q", level=level))


@pytest.mark.parametrize(
    ("message", "arguments", "written"),
    [
        pytest.param("q", (), "q", id="no arguments"),
        pytest.param("100%", (), "100%", id="a percent sign without arguments"),
        pytest.param("%s", ("abcdefghijkl",), "abcd..ijkl", id="a long text is cut in the middle"),
        pytest.param("%s", ("abcdefgh",), "abcdefgh", id="a text that just fits"),
        pytest.param("%d", (12345678901,), "12345678901", id="numbers are never cut"),
        pytest.param("%s", (ValueError("abcdefghijkl"),), "abcd..ijkl", id="an exception's text"),
        pytest.param("%(a)s", ({"a": "b"},), "b", id="arguments by name"),
        pytest.param("a\nb\tc", (), r"a\nb\tc", id="a forged line stays one line"),
        pytest.param("\x1b[31m", (), r"\x1b[31m", id="no control of terminals"),
        pytest.param("größe 温度", (), "größe 温度", id="any script is printable"),
    ],
)
def test_message(message: str, arguments: tuple[object, ...], written: str) -> None:
    text = Log(LogSettings(max_argument_length=8)).written(record(message, *arguments))
    assert text.split("\t", 3)[3] == f"{written}\n"


def test_nothing_is_cut_where_no_length_is_set() -> None:
    text = Log(LogSettings(max_argument_length=0)).written(record("%s", "a" * 9999))
    assert "a" * 9999 in text


def raised() -> BaseException:
    try:
        raise KeyError("gone")
    except KeyError as exc:
        return exc


def test_a_traceback_follows_the_line() -> None:
    text = Log(LogSettings()).written(record("q", level=logging.ERROR, exc=raised()))
    first, *rest = text.splitlines()
    assert first.endswith("\tq")
    assert rest[0] == "Traceback (most recent call last):"
    assert rest[-1] == "KeyError: 'gone'"


def test_a_traceback_in_json_is_within_the_message() -> None:
    text = Log(LogSettings(is_json=True)).written(record("q", exc=raised()))
    assert text.count("\n") == 1
    assert json.loads(text)["msg"].splitlines()[-1] == "KeyError: 'gone'"


def messages(text: str) -> list[str]:
    return [line.split("\t", 3)[3] for line in text.splitlines()]


def test_a_place_that_says_too_much_is_silenced_for_the_rest_of_the_second() -> None:
    log = Log(LogSettings(errors_per_second=2))
    said = [record(f"e{i}", level=logging.ERROR, created=NOON + i / 10) for i in range(5)]
    later = record("e5", level=logging.ERROR, created=NOON + 1)
    elsewhere = record("e6", level=logging.ERROR, line=8)
    assert messages(log.written(*said, later, elsewhere)) == [
        "e0",
        "e1",
        "suppressing more than 2 messages per second from this place: e2",
        "e5",
        "e6",
    ]


def test_each_level_has_its_limit() -> None:
    log = Log(LogSettings(warnings_per_second=1))
    levels = [logging.INFO, logging.WARNING, logging.ERROR]
    text = log.written(*(record("q", level=level) for level in levels * 4))
    assert [line.split("\t")[1] for line in text.splitlines()] == [
        "info", "warn", "error", "info", "warn", "error", "info", "error", "info", "error",
    ]  # fmt: skip


def test_what_is_written_and_what_is_not_is_counted() -> None:
    log = Log(LogSettings(errors_per_second=1))
    log.written(*(record("q", level=logging.ERROR) for _ in range(5)), record("q"))
    assert log.handler.statistics().messages == {
        ("error", HERE, True): 2,
        ("error", HERE, False): 3,
        ("info", HERE, True): 1,
    }


def test_counts_are_bounded() -> None:
    log = Log(LogSettings())
    log.written(*(record("q", line=line) for line in range(2100)))
    counts = log.handler.statistics().messages
    assert len(counts) == 2001
    assert counts["info", "other", True] == 100


def test_a_log_call_to_a_closed_stream_does_not_raise() -> None:
    log = Log(LogSettings())
    log.stream.close()
    log.handler.emit(record("q"))
    assert log.handler.statistics().write_errors == 1


def test_an_argument_whose_text_fails_does_not_raise() -> None:
    class Broken:
        def __str__(self) -> str:
            raise RuntimeError

    log = Log(LogSettings())
    assert log.written(record("%s", Broken())) == ""
    assert log.handler.statistics().write_errors == 1


@pytest.mark.parametrize(
    ("message", "arguments", "written"),
    [
        pytest.param("%d", ("x",), "%d ('x',)", id="an argument of another type"),
        pytest.param("%s %s", ("x",), "%s %s ('x',)", id="an argument too few"),
        pytest.param("%(a)s", ({"b": 1},), "%(a)s {'b': 1}", id="an argument of another name"),
    ],
)
def test_a_mistaken_call_is_written_as_it_stands(
    message: str, arguments: tuple[object, ...], written: str
) -> None:
    text = Log(LogSettings()).written(record(message, *arguments))
    assert text.endswith(f"\t{written}\n")


@pytest.mark.parametrize("is_json", [False, True])
def test_what_is_no_utf_8_is_written_as_an_escape(is_json: bool) -> None:
    text = Log(LogSettings(is_json=is_json)).written(record("/tmp/\udcff"))
    assert r"/tmp/\udcff" in text


@pytest.fixture
def _loggers_restored() -> Iterator[None]:
    root, own = logging.getLogger(), logging.getLogger("promferry")
    before = root.handlers[:], root.level, own.level
    yield
    root.handlers[:], root.level, own.level = before


@pytest.mark.usefixtures("_loggers_restored")
def test_set_up(capsys: pytest.CaptureFixture[str]) -> None:
    set_up(LogSettings(timestamps=False))
    logging.getLogger("promferry.scraper").info("ours")
    logging.getLogger("promferry.scraper").debug("ours in detail")
    logging.getLogger("httpx").info("theirs")
    logging.getLogger("httpx").warning("their warning")
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split("\t")[2] for line in err.splitlines()] == ["ours", "their warning"]


@pytest.mark.usefixtures("_loggers_restored")
@pytest.mark.parametrize(
    ("level", "said"),
    [("DEBUG", 4), ("INFO", 3), ("WARN", 2), ("ERROR", 1), ("FATAL", 0), ("PANIC", 0)],
)
def test_level_flag(capsys: pytest.CaptureFixture[str], level: str, said: int) -> None:
    set_up(LogSettings(level=level, to_stdout=True))
    log = logging.getLogger("promferry.agent")
    for call in (log.debug, log.info, log.warning, log.error):
        call("q")
    out, err = capsys.readouterr()
    assert (out.count("\n"), err) == (said, "")


def test_library_places_are_short() -> None:
    one = logging.LogRecord("httpx", logging.WARNING, "/usr/lib/httpx/_client.py", 3, "q", (), None)
    assert "\thttpx/_client.py:3\t" in Log(LogSettings()).written(one)
    assert sys.prefix not in Log(LogSettings()).written(one)


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd", "a\0b"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="not the name of a time zone"):
        clock_of(zone)


def test_the_local_zone() -> None:
    assert re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.250[+-]\d{4}", clock_of("Local")(NOON))


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        pytest.param("", ("ts", "level", "caller", "msg"), id="nothing renames nothing"),
        pytest.param(
            "ts:time, msg:message", ("time", "level", "caller", "message"), id="two of them"
        ),
    ],
)
def test_fields(text: str, fields: tuple[str, ...]) -> None:
    assert parse_fields(text) == fields


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("ts", "is written field:name"),
        ("ts:", "is written field:name"),
        ("time:ts", "the fields are ts, level, caller, msg"),
        ("ts:msg", "the same name"),
    ],
)
def test_bad_fields(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_fields(text)


def test_one_line_is_cheap_for_usual_text() -> None:
    text = "nothing to hide"
    assert one_line(text) is text
