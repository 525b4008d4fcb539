"""The reader gives what the specification gives, whatever it has read before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scraper.exposition import prediction as prediction_module
from scraper.exposition import reader as reader_module
from scraper.exposition import walk as walk_module
from scraper.exposition.outline import Outlines
from scraper.exposition.reader import Reader
from tests.scraper.exposition import pages
from tests.scraper.exposition.pages import Known, read_page, read_rows, rows_of, specified_rows


@given(st.lists(pages.pages, max_size=5))
def test_any_sequence_of_pages_reads_as_the_specification_says(bodies: list[bytes]) -> None:
    reader, known = Reader(Outlines()), Known()
    for body in bodies:
        assert read_rows(body, reader, known) == specified_rows(body)


@given(st.lists(st.binary(max_size=60), max_size=4))
def test_any_bytes_are_samples_or_an_error(bodies: list[bytes]) -> None:
    reader, known = Reader(Outlines()), Known()
    for body in bodies:
        assert read_rows(body, reader, known) == specified_rows(body)


@given(pages.pages, st.data())
def test_a_page_with_a_few_other_bytes(body: bytes, data: st.DataObject) -> None:
    reader, known = Reader(Outlines()), Known()
    read_rows(body, reader, known)
    at = data.draw(st.integers(0, len(body)))
    until = data.draw(st.integers(at, min(len(body), at + 3)))
    other = body[:at] + data.draw(st.binary(max_size=3)) + body[until:]
    assert read_rows(other, reader, known) == specified_rows(other)


@pytest.fixture(autouse=True)
def _short_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of a few lines are long ones here."""
    monkeypatch.setattr(walk_module, "STEP_LINES", 3)
    monkeypatch.setattr(walk_module, "WINDOW_BYTES", 16)
    monkeypatch.setattr(walk_module, "NEW_LINE_COST", 1)
    monkeypatch.setattr(prediction_module, "SECTION_LINES", 2)
    monkeypatch.setattr(prediction_module, "SPLIT_BYTES", 16)
    monkeypatch.setattr(reader_module, "STEP_LINES", 2)


def predicted(first: bytes, second: bytes) -> bool:
    reader, known = Reader(Outlines()), Known()
    read_page(reader, first, known)
    read_rows(second, reader, known)
    return reader.predicted_total == 1


PAGE = b'# HELP up x\nup 1\nfoo{a="1"} 2\n\nfoo{a="2"} 3\n'


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(PAGE, PAGE, True, id="the same page"),
        pytest.param(PAGE, PAGE.replace(b"1\n", b"-1.5e3\n"), True, id="other values"),
        pytest.param(PAGE, PAGE.replace(b"up 1", b"up NaN"), True, id="a value is not a number"),
        pytest.param(PAGE, PAGE.replace(b"up 1", b"up 1 5"), True, id="a timestamp appears"),
        pytest.param(b"", b"", True, id="an empty page"),
        pytest.param(b"# c\n", b"# c\n", True, id="a page without samples"),
        pytest.param(PAGE, PAGE.replace(b"HELP up x", b"HELP up y"), False, id="another comment"),
        pytest.param(PAGE, PAGE + b"new 1\n", False, id="one line more"),
        pytest.param(PAGE, PAGE.replace(b'"1"', b'"3"'), False, id="another label value"),
        pytest.param(PAGE, PAGE.replace(b"up 1", b"5"), False, id="a number alone"),
        pytest.param(PAGE, PAGE.replace(b"up 1", b"Inf"), False, id="a series that is a number"),
        pytest.param(PAGE, PAGE.replace(b"up 1", b"up  1"), False, id="one blank more"),
        pytest.param(PAGE, PAGE.replace(b"up 1", b"up1 1"), False, id="the series goes on"),
        pytest.param(b"\tup 1\n", b"\tup 1\n", False, id="pages with odd blanks are walked"),
        pytest.param(b'a{b="\n"} 1\n', b'a{b="\n"} 1\n', False, id="a value over two lines"),
    ],
)
def test_what_is_predicted(first: bytes, second: bytes, expected: bool) -> None:
    assert predicted(first, second) is expected


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        pytest.param(PAGE, PAGE.replace(b"1\n", b"7\n"), True, id="other values"),
        pytest.param(PAGE, b"up 1\n", False, id="fewer series"),
        pytest.param(PAGE, PAGE.replace(b"HELP up x", b"no help"), True, id="another comment"),
    ],
)
def test_the_keys_are_the_same_object_while_the_series_are(
    first: bytes, second: bytes, expected: bool
) -> None:
    reader, known = Reader(Outlines()), Known()
    keys = read_page(reader, first, known).keys
    assert (read_page(reader, second, known).keys is keys) is expected


def test_targets_with_equal_pages_share_keys() -> None:
    outlines, known = Outlines(), Known()
    readers = [Reader(outlines) for _ in range(2)]
    one = read_page(readers[0], PAGE, known)
    other = read_page(readers[1], PAGE.replace(b"1\n", b"8\n"), known)
    assert other.keys is one.keys
    assert rows_of(other)[0] == (b"up", (8.0).hex(), None)


@pytest.mark.parametrize(
    ("first", "resynced"),
    [
        pytest.param(PAGE.replace(b"1\n", b"8\n") + b"another 1\n", 1, id="one line more"),
        pytest.param(b"quite 1\nanother 2\n", 0, id="quite another page is not even scanned"),
    ],
)
def test_a_first_page_is_read_by_that_of_another_target(first: bytes, resynced: int) -> None:
    outlines, known = Outlines(), Known()
    one, other = Reader(outlines), Reader(outlines)
    read_page(one, PAGE, known)
    page = read_page(other, first, known)
    expected = specified_rows(first)
    assert isinstance(expected, list)
    assert [row[:2] for row in rows_of(page)] == [row[:2] for row in expected]
    assert (other.resynced_total, other.walked_total) == (resynced, 1 - resynced)


def test_an_outline_that_nobody_uses_is_forgotten() -> None:
    outlines, known = Outlines(), Known()
    reader = Reader(outlines)
    read_page(reader, PAGE, known)
    for _ in range(5):  # the one before the last is held for a while
        read_page(reader, b"up 1\n", known)
    assert len(outlines) == 1


def test_a_long_page_is_read_in_steps() -> None:
    body = b"".join(b'foo{n="%d"} 1\n' % number for number in range(50))
    reader, known = Reader(Outlines()), Known()
    cold = len(list(reader.read(body, known)))
    warm = len(list(reader.read(body, known)))
    assert cold >= 24
    assert warm >= 24
    assert reader.predicted_total == 1


def test_the_first_bad_line_is_the_one_that_is_told() -> None:
    reader, known = Reader(Outlines()), Known()
    read_page(reader, b"foo 1\n", known)
    assert read_rows(b"foo +-5\n\0\n", reader, known) == pages.Failure("value is not a number", 1)


def test_a_comment_that_changed_is_known_even_if_it_is_as_long() -> None:
    reader, known = Reader(Outlines()), Known()
    read_page(reader, b"# TYPE a counter\na 1\n", known)
    read_page(reader, b"# TYPE a summary\na 1\n", known)
    assert reader.comments() == (b"# TYPE a summary",)
