"""Placeholders are filled, and places are those of the file as it was written."""

import pytest

from agent.config.errors import Problems
from agent.config.source import MAX_FILE_BYTES, Source, decode_source, shown_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("a: %{A} b", "a: 1 b", id="a variable"),
        pytest.param("%{A}%{A}", "11", id="two of them"),
        pytest.param("%{NONE}", "%{NONE}", id="an unknown one stays"),
        pytest.param("%{B}", "<1>", id="a variable of a variable"),
    ],
)
def test_placeholders_are_filled(text: str, expected: str) -> None:
    assert Source("p.yml", text, {"A": "1", "B": "<%{A}>"}).text == expected


def test_placeholders_that_grow_too_much_are_reported_where_they_stand() -> None:
    problems = Problems()
    variables = {"A": "x" * 2**20, "B": "%{A}" * 40}
    assert decode_source("p.yml", b"a: 1\nb: %{B}\n", variables, problems) is None
    (error,) = problems.errors
    assert str(error).startswith(
        f"p.yml:2:4: placeholders expand to more than {MAX_FILE_BYTES} characters, at %{{B}}"
    )


@pytest.mark.parametrize(
    ("needle", "expected"),
    [
        pytest.param("before", (1, 1), id="in front of all of them"),
        pytest.param("here", (1, 17), id="behind one on its line"),
        pytest.param("LONG", (2, 4), id="inside of a value: where the placeholder stands"),
        pytest.param("after", (3, 1), id="on a line below a value of several lines"),
        pytest.param("end", (3, 12), id="behind an empty value"),
    ],
)
def test_places_are_those_of_the_file(needle: str, expected: tuple[int, int]) -> None:
    written = "before %{SHORT} here\nx: %{LINES}\nafter %{NO}end\n"
    source = Source("p.yml", written, {"SHORT": "s", "LINES": "a\nLONG\nb", "NO": ""})
    index = source.text.index(needle)
    assert source.place(index) == expected


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("password: x", id="a password"),
        pytest.param("  - {username: u, password: 'x'}", id="among others"),
        pytest.param("url: http://u:p@host/", id="a URL with a user"),
        pytest.param("bearer_token: x", id="a token"),
        pytest.param("key: |", id="a key"),
        pytest.param("client_secret: x", id="a secret"),
        pytest.param('"credentials": "x"', id="in quotes"),
    ],
)
def test_a_line_with_a_secret_is_never_quoted(line: str) -> None:
    assert Source("p.yml", line, {}).quotable_line(1) == ""


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("scrape_interval: 5", id="no secret"),
        pytest.param("password_file: /run/p", id="a path"),
        pytest.param("job_name: monkey", id="a word that ends like one"),
    ],
)
def test_other_lines_are_quoted(line: str) -> None:
    assert Source("p.yml", f"{line}\r\n", {}).quotable_line(1) == line


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"a: b", "a: b", id="UTF-8"),
        pytest.param(b"\xef\xbb\xbfa: b", "a: b", id="with a byte order mark"),
        pytest.param("a: b".encode("utf-16"), "a: b", id="UTF-16"),
    ],
)
def test_decode_source(content: bytes, expected: str) -> None:
    source = decode_source("p.yml", content, {}, Problems())
    assert source is not None
    assert source.text == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        pytest.param(b"a: b\nc: \xff\n", "p.yml:2:4: not valid UTF-8", id="no UTF-8"),
        pytest.param(
            b" " * (MAX_FILE_BYTES + 1),
            f"p.yml: the file is larger than {MAX_FILE_BYTES} bytes, which no configuration is",
            id="too large",
        ),
    ],
)
def test_what_is_no_text_is_reported(content: bytes, expected: str) -> None:
    problems = Problems()
    assert decode_source("p.yml", content, {}, problems) is None
    assert [str(error) for error in problems.errors] == [expected]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/etc/p.yml", "/etc/p.yml", id="a path"),
        pytest.param("http://h:1/p.yml", "http://h:1/p.yml", id="a URL"),
        pytest.param("https://u:p@h/p.yml?a=@", "https://h/p.yml?a=@", id="a URL with a user"),
        pytest.param("/etc/a@b.yml", "/etc/a@b.yml", id="an @ in a path"),
    ],
)
def test_shown_name(path: str, expected: str) -> None:
    assert shown_name(path) == expected
