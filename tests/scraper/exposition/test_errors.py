"""How a bad line is shown."""

import pytest

from scraper.exposition.errors import ExpositionError, shown


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(b'a{b="c"} x', """'a{b="c"} x'""", id="text as it is, quotes and all"),
        pytest.param("a 1 é ٣ 😀".encode(), "'a 1 é ٣ 😀'", id="any script"),
        pytest.param(b"a\t1\r\0", r"'a\t1\r\x00'", id="control characters by their escapes"),
        pytest.param("a\u202eb\u2028".encode(), r"'a\u202eb\u2028'", id="nothing turns the text"),
        pytest.param(b'a{b="\xff\xfe"}', r"""'a{b="\xff\xfe"}'""", id="bytes that are no text"),
        pytest.param(b"\\n", r"'\n'", id="a backslash stands for itself"),
        pytest.param(b"x" * 100, f"'{'x' * 80}'", id="80 bytes at most"),
        pytest.param(b"x" * 79 + "é".encode(), f"'{'x' * 79}'", id="no half character"),
        pytest.param(b"x" * 78 + "é".encode(), f"'{'x' * 78}é'", id="the last one whole"),
        pytest.param(b"x" * 77 + "😀".encode(), f"'{'x' * 77}'", id="no quarter of one"),
        pytest.param(b"x" * 79 + b"\xff", f"'{'x' * 79}'", id="what may have been one"),
        pytest.param(b"a\xc3", r"'a\xc3'", id="half a character of a short line"),
        pytest.param(b"\x80" * 90, "'" + r"\x80" * 80 + "'", id="the rest of many characters"),
        pytest.param(b"", "''", id="nothing"),
    ],
)
def test_shown(line: bytes, expected: str) -> None:
    assert shown(line) == expected


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ExpositionError("expected a value", 2, b"b"), "line 2: expected a value: 'b'"),
        (ExpositionError("it is bad", 0, b"h "), "it is bad: 'h '"),
        (ExpositionError("it is bad", 0, b""), "it is bad"),
        (ExpositionError("is cut", 3, b"\x01", part="family"), r"family 3: is cut: '\x01'"),
    ],
)
def test_message(error: ExpositionError, text: str) -> None:
    assert str(error) == text
