"""What the tests of this folder share: the reader driven to its end, and pages made by chance."""

from collections.abc import Mapping, Sequence

import attrs
from hypothesis import strategies as st

from scraper.exposition.errors import ExpositionError
from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from scraper.exposition.reader import Reader
from scraper.exposition.text import parse_series, read_samples
from tests.scraper.steps import finish

# One sample as every test compares it: series text, value's bits as hex, timestamp.
Row = tuple[bytes, str, int | None]


class Known(dict[bytes, dict[str, str]]):
    """The simplest memo: every series and its labels, none ever forgotten."""

    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        self[key] = dict(raw)

    def knows(self, keys: Sequence[bytes]) -> bool:
        return all(map(self.__contains__, keys))


@attrs.frozen
class Failure:
    reason: str
    line_no: int


def shown(value: float) -> str:
    return value.hex()


def read_page(reader: Reader, body: bytes, known: Known) -> Page:
    """The page, its steps driven to the end. Raises ExpositionError."""
    return finish(reader.read(body, known))


def rows_of(page: Page) -> list[Row]:
    if page.places is not None:
        page = finish(page.in_body_order())
    stamps = page.stamps or [NO_TIMESTAMP] * len(page.values)
    return [
        (key.removesuffix(b" "), shown(value), None if stamp == NO_TIMESTAMP else stamp)
        for key, value, stamp in zip(page.keys, page.values, stamps, strict=True)
    ]


def read_rows(body: bytes, reader: Reader | None = None, known: Known | None = None) -> object:
    """The rows of a body, or its failure, read by the reader that the product uses."""
    known = Known() if known is None else known
    try:
        return rows_of(read_page(reader or Reader(Outlines()), body, known))
    except ExpositionError as exc:
        return Failure(exc.reason, exc.line_no)


def specified_rows(body: bytes) -> object:
    """The same, read by the specification alone, line by line."""
    rows: list[Row] = []
    try:
        for start, sample in read_samples(body):
            try:
                parse_series(sample.series)
            except ValueError as exc:
                return Failure(str(exc), body.count(b"\n", 0, start) + 1)
            rows.append((sample.series, shown(sample.value), sample.timestamp_ms))
    except ExpositionError as exc:
        return Failure(exc.reason, exc.line_no)
    return rows


SERIES = (
    b"up",
    b"e",
    b"Inf",
    b"foo",
    b"foo_bar",
    b'foo{a="1"}',
    b'foo{a="1",}',
    b'foo { a = "x y" }',
    b'{"a.b",c="d"}',
    b'foo{a="1 2"}',
    b'foo{a="x\nup 1\n"}',
    b'foo{a="\\"} 1"}',
    b"foo{}",
)
BAD_SERIES = (b"1up", b"foo{", b'foo{a="1",a="2"}', b'foo{a="\xff"}', b'{a="b"}', b"", b'foo{a="x')
GOOD_VALUES = (b"0", b"1", b"-1.5e3", b"NaN", b"nan", b"+Inf", b"-inf", b"1e-400", b"12345678901")
BAD_VALUES = (b"", b"+-5", b"1e400", b"1_0", b"0x1p3", b"abc", b"+NaN", b"1\r", b"\0", b"5,")
OTHERS = (b"", b"# c", b"#", b"# HELP foo x", b"# TYPE foo gauge", b"  ", b"\t# c", b"#\0")
BAD_OTHERS = (
    b"# TYPE foo  gauge",
    b"# HELP #",
    b"# TYPE",
    b"\xef\xbb\xbf",
    b"\0",
    b"\r",
    b"# TYPE ",
)
STAMPS = (b"", b"", b"", b" 1", b" 1700000000000", b" 9223372036854775807", b" 007")
BAD_STAMPS = (b" 9223372036854775808", b" -1", b" 1.5", b" 1 2", b" x")


def _mostly(good: tuple[bytes, ...], bad: tuple[bytes, ...]) -> st.SearchStrategy[bytes]:
    return st.sampled_from(good * 8 + bad)


def _line(parts: tuple[bytes, ...]) -> bytes:
    return b"".join(parts)


samples = st.tuples(
    _mostly((b"",), (b" ", b"\t")),
    _mostly(SERIES, BAD_SERIES),
    _mostly((b" ",), (b"  ", b"\t", b"")),
    _mostly(GOOD_VALUES, BAD_VALUES),
    _mostly(STAMPS, BAD_STAMPS),
    _mostly((b"",), (b" ", b"\t ")),
).map(_line)
lines = samples | samples | samples | _mostly(OTHERS, BAD_OTHERS) | st.binary(max_size=6)
pages = st.tuples(st.lists(lines, max_size=8), st.sampled_from((b"\n", b""))).map(
    lambda page: b"\n".join(page[0]) + page[1]
)
regular_values = st.sampled_from(GOOD_VALUES)
