"""Passwords from flags: as they are, from files, from URLs."""

from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from agent.flags.passwords import MAX_BYTES, REREAD_AFTER_S, Password, read_source


def test_a_text_is_the_password() -> None:
    password = Password("hunter2")
    assert password.current().reveal() == "hunter2"
    assert not password.is_due(0)


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("file:///etc/p", "/etc/p"),
        ("file://./p", "./p"),
        ("http://a/p", "http://a/p"),
        ("https://a/p", "https://a/p"),
    ],
)
def test_source(text: str, source: str) -> None:
    assert Password(text).source == source


def test_nobody_knows_the_password_before_the_first_read() -> None:
    one, other = Password("file:///p"), Password("file:///p")
    assert one.current() != other.current()
    assert len(one.current().reveal()) >= 48


def test_reading_again() -> None:
    password = Password("file:///p")
    assert password.is_due(0)
    password.accept(b"a \r\n", 0)
    assert password.current().reveal() == "a"
    assert not password.is_due(REREAD_AFTER_S - 0.1)
    assert password.is_due(REREAD_AFTER_S)
    password.accept(b"b", REREAD_AFTER_S)
    assert password.current().reveal() == "b"
    assert password.statistics().reads == 2


@pytest.mark.parametrize(
    ("content", "reason"), [(b"", "is empty"), (b" \n", "is empty"), (b"\xff", "is not UTF-8 text")]
)
def test_a_bad_read_changes_nothing(content: bytes, reason: str) -> None:
    password = Password("file:///p")
    password.accept(b"a", 0)
    password.accept(content, 9)
    assert password.current().reveal() == "a"
    assert password.statistics().last_error == reason
    assert not password.is_due(9 + REREAD_AFTER_S / 2)


def test_a_password_is_never_shown() -> None:
    assert "hunter2" not in repr(Password("hunter2").current())


def test_read_a_file(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"a\n")
    assert read_source(str(tmp_path / "p")) == b"a\n"


def test_a_long_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p").write_bytes(b"a" * (MAX_BYTES + 1))
    with pytest.raises(OSError, match="longer than"):
        read_source(str(tmp_path / "p"))


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_source(str(tmp_path / "none"))


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = {"/p": b"a\n", "/long": b"a" * 100_000}.get(self.path)
        self.send_response(200 if content else 404)
        self.end_headers()
        self.wfile.write(content or b"")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param("/p", b"a\n", id="a password"),
        pytest.param("/long", "longer than", id="a page and no password"),
        pytest.param("/none", "cannot be fetched", id="not found"),
    ],
)
def test_read_a_url(path: str, expected: bytes | str) -> None:
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        thread = Thread(target=server.handle_request)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}{path}"
        if isinstance(expected, bytes):
            assert read_source(url) == expected
        else:
            with pytest.raises(OSError, match=expected):
                read_source(url)
        thread.join()
