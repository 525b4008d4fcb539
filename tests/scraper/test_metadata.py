import pytest

from scraper.metadata import Metadata, metadata_of


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            [b"# TYPE a counter", b"# HELP a What it is.", b"# UNIT a seconds"],
            {"a": Metadata("counter", "What it is.", "seconds")},
            id="all three",
        ),
        pytest.param([b"# HELP a"], {"a": Metadata()}, id="an empty help"),
        pytest.param([b"# TYPE a untyped"], {"a": Metadata()}, id="untyped is unknown"),
        pytest.param([b"#  TYPE\ta  gauge"], {"a": Metadata("gauge")}, id="blanks"),
        pytest.param(
            [rb"# HELP a one\ntwo\\three\n"],
            {"a": Metadata(help="one\ntwo\\three\n")},
            id="escapes",
        ),
        pytest.param([b'# TYPE "a.b" gauge'], {"a.b": Metadata("gauge")}, id="a quoted name"),
        pytest.param([b"# a comment", b"", b"#", b"# EOF", b"a 1"], {}, id="nothing of it"),
        pytest.param([b"# HELP a \xff"], {"a": Metadata(help="�")}, id="no UTF-8"),
    ],
)
def test_what_comment_lines_say(lines: list[bytes], expected: dict[str, Metadata]) -> None:
    assert metadata_of(lines) == expected
