"""Requests as bytes, and what of them is remembered."""

import attrs
import pytest

from transport.errors import TransportError
from transport.request import Encoder, Request
from transport.url import parse_url

GET = Request("GET", parse_url("http://a:81/x?y"), (), b"", True, 99, "refuse")
HEAD = b"Host: a:81\r\nUser-Agent: test\r\nAccept-Encoding: gzip\r\n"


def encoder(*configured: str, keepalive: bool = True) -> Encoder:
    return Encoder("test", keepalive=keepalive, configured=frozenset(configured))


@pytest.mark.parametrize(
    ("request_", "lines"),
    [
        pytest.param(GET, b"GET /x?y HTTP/1.1\r\n" + HEAD + b"\r\n", id="the shortest"),
        pytest.param(
            attrs.evolve(GET, method="POST"),
            b"POST /x?y HTTP/1.1\r\n" + HEAD + b"Content-Length: 0\r\n\r\n",
            id="an empty body has a length",
        ),
        pytest.param(
            attrs.evolve(GET, method="DELETE", body=b"abc"),
            b"DELETE /x?y HTTP/1.1\r\n" + HEAD + b"Content-Length: 3\r\n\r\nabc",
            id="a body has one with any method",
        ),
        pytest.param(
            attrs.evolve(GET, headers=(("accept-encoding", "identity"), ("A", "b"))),
            b"GET /x?y HTTP/1.1\r\nHost: a:81\r\nUser-Agent: test\r\n"
            b"accept-encoding: identity\r\nA: b\r\n\r\n",
            id="a caller's header replaces ours",
        ),
    ],
)
def test_encode(request_: Request, lines: bytes) -> None:
    assert encoder().encode(request_, b"") == lines


def test_identity_and_proxy_lines_stand_behind_the_head() -> None:
    data = encoder().encode(GET, b"I: i\r\n", b"P: p\r\n")
    assert data == b"GET http://a:81/x?y HTTP/1.1\r\n" + HEAD + b"P: p\r\nI: i\r\n\r\n"


def test_a_configured_header_replaces_the_caller_s_but_not_at_a_stranger_s() -> None:
    request = attrs.evolve(GET, headers=(("Accept", "x"),))
    one = encoder("accept")
    assert b"Accept:" not in one.encode(request, b"")
    stranger = attrs.evolve(request, has_identity=False)
    assert b"Accept: x" in one.encode(stranger, b"")


def test_what_changes_is_not_remembered() -> None:
    one = encoder(keepalive=False)
    first = one.encode(GET, b"")
    assert b"Connection: close" in first
    assert one.encode(attrs.evolve(GET, url=parse_url("http://b/")), b"") != first
    assert one.encode(GET, b"A: b\r\n") != first
    assert one.encode(GET, b"") == first


def test_a_bad_header_leaves_the_encoder_as_it_was() -> None:
    one = encoder()
    bad = attrs.evolve(GET, headers=(("A", "b\n"),))
    for _ in range(2):
        with pytest.raises(TransportError, match="control characters"):
            one.encode(bad, b"")
    assert one.encode(GET, b"").startswith(b"GET /x?y")
