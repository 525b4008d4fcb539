"""Failures in words."""

import socket
import ssl

import pytest

from transport.errors import TransportError, reason_of, shown


def caused(outer: BaseException, inner: BaseException) -> BaseException:
    outer.__cause__ = inner
    return outer


@pytest.mark.parametrize(
    ("exc", "words"),
    [
        pytest.param(
            OSError(111, "Error connecting to ('127.0.0.1', 1): Connection refused"),
            "Connection refused",
            id="the system's words, without the address that trio adds",
        ),
        pytest.param(
            caused(ValueError("outer"), ConnectionResetError(104, "x")),
            "Connection reset by peer",
            id="the innermost cause",
        ),
        pytest.param(
            socket.gaierror(-2, "Name or service not known"),
            "Name or service not known",
            id="name service has numbers of its own",
        ),
        pytest.param(ssl.SSLError(1, "[SSL] words"), "[SSL] words", id="TLS too"),
        pytest.param(OSError("only words"), "only words", id="no number"),
        pytest.param(ValueError(), "ValueError", id="no words"),
    ],
)
def test_reason_of(exc: BaseException, words: str) -> None:
    assert reason_of(exc) == words


def test_foreign_text_is_cut_and_escaped() -> None:
    assert shown(b"\x00" + b"x" * 200) == repr(b"\x00" + b"x" * 79)
    assert shown("a\n") == r"'a\n'"
    assert shown(bytearray(b"a")) == "b'a'"


def test_an_error_has_fields() -> None:
    error = TransportError("closed", "it broke", status=200, may_have_arrived=True)
    assert (str(error), error.kind, error.status) == ("it broke", "closed", 200)
    assert error.may_have_arrived
    assert not TransportError("connect", "no").may_have_arrived
