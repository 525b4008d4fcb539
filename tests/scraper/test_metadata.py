import pytest

from scraper.metadata import Metadata, metadata_of


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            [b"# TYPE a_s counter", b"# HELP a_s What it is.", b"# UNIT a_s s", b"# EOF"],
            {"a_s": Metadata("counter", "What it is.", "s")},
            id="all three",
        ),
        pytest.param(
            [b"# TYPE a_s counter", b"# UNIT a_s s"],
            {"a_s": Metadata("counter")},
            id="a text page knows no unit",
        ),
        pytest.param([b"# HELP a"], {"a": Metadata()}, id="an empty help"),
        pytest.param([b"# TYPE a untyped"], {"a": Metadata()}, id="untyped is unknown"),
        pytest.param([b"#  TYPE\ta  gauge"], {"a": Metadata("gauge")}, id="blanks"),
        pytest.param(
            [rb"# HELP a one\ntwo\\three\n"],
            {"a": Metadata(help="one\ntwo\\three\n")},
            id="escapes",
        ),
        pytest.param(
            [rb"# HELP a \"x\\n\y"],
            {"a": Metadata(help=r"\"x\n\y")},
            id="a text page does not escape quotes; other escapes stay",
        ),
        pytest.param(
            [rb"# HELP a \"x\\n\y", b"# EOF"],
            {"a": Metadata(help=r'"x\n\y')},
            id="OpenMetrics escapes quotes",
        ),
        pytest.param([b"# HELP a b\0c"], {"a": Metadata(help="b\0c")}, id="a null byte"),
        pytest.param([b'# TYPE "a.b" gauge'], {"a.b": Metadata("gauge")}, id="a quoted name"),
        pytest.param(
            [b'# HELP "a \\"b\\" c" d e', b'# TYPE "a \\"b\\" c" info'],
            {'a "b" c': Metadata("info", "d e")},
            id="a quoted name with blanks and quotes",
        ),
        pytest.param([b"# a comment", b"", b"#", b"# EOF", b"a 1"], {}, id="nothing of it"),
        pytest.param([b"# HELP a \xff"], {"a": Metadata(help="�")}, id="no UTF-8"),
    ],
)
def test_what_comment_lines_say(lines: list[bytes], expected: dict[str, Metadata]) -> None:
    assert metadata_of(lines) == expected
