"""Passwords from flags: as they are, or as a source says now."""

import pytest

from agent.flags.passwords import REREAD_AFTER_S, Password


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
