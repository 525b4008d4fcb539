"""One answer, by tables, and by any bytes cut in any way."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transport.errors import TransportError
from transport.parser import ResponseParser, WhenTooLarge

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MAX_HEADER_BYTES, MAX_BODY_BYTES = 400, 100

Outcome = tuple[object, ...]


def new_parser(method: str = "GET", when_too_large: WhenTooLarge = "refuse") -> ResponseParser:
    return ResponseParser(
        method,
        max_header_bytes=MAX_HEADER_BYTES,
        max_body_bytes=MAX_BODY_BYTES,
        when_too_large=when_too_large,
    )


def outcome_of(parser: ResponseParser, pieces: Sequence[bytes]) -> Outcome:
    """What comes of the pieces and the end behind them, as a client reads: no more than needed."""
    try:
        for piece in pieces:
            parser.feed(piece)
            if parser.is_complete:
                break
        else:
            parser.feed_eof()
    except TransportError as exc:
        return (exc.kind, exc.status)
    return (parser.status, parser.headers, parser.take_body(), parser.is_truncated)


@pytest.mark.parametrize(
    ("data", "status", "headers", "body"),
    [
        pytest.param(
            OK + b"Content-Length: 3\r\n\r\nabc",
            200,
            (("content-length", "3"),),
            b"abc",
            id="a length",
        ),
        pytest.param(OK + b"\r\nabc", 200, (), b"abc", id="a body that ends with the connection"),
        pytest.param(
            CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
            200,
            (("transfer-encoding", "chunked"),),
            b"abcde",
            id="chunks, extensions read over",
        ),
        pytest.param(
            CHUNKED + b"1\r\na\r\n0\r\nX: y\r\n\r\n",
            200,
            (("transfer-encoding", "chunked"),),
            b"a",
            id="trailers are no headers",
        ),
        pytest.param(
            b"HTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK + b"\r\nx",
            200,
            (),
            b"x",
            id="interim answers are read over",
        ),
        pytest.param(
            b"HTTP/1.1 204 No Content\r\nContent-Length: 9999\r\n\r\n",
            204,
            (("content-length", "9999"),),
            b"",
            id="204 has no body whatever it says",
        ),
        pytest.param(
            b"HTTP/1.1 304 Not Modified\r\n\r\n", 304, (), b"", id="304 has no body either"
        ),
        pytest.param(
            b"HTTP/1.0 200 OK\nA:  b \t\n\nabc",
            200,
            (("a", "b"),),
            b"abc",
            id="bare line feeds, as shell scripts write them; blanks around a value are none of it",
        ),
        pytest.param(b"HTTP/1.1 999\r\n\r\n", 999, (), b"", id="any status of three digits"),
        pytest.param(
            OK + b"X: \xe4\r\nX: 2\r\n\r\n",
            200,
            (("x", "\xe4"), ("x", "2")),
            b"",
            id="a header twice, bytes beyond ASCII",
        ),
    ],
)
def test_answers(data: bytes, status: int, headers: object, body: bytes) -> None:
    whole = outcome_of(new_parser(), [data])
    assert whole == (status, headers, body, False)
    assert outcome_of(new_parser(), [data[i : i + 1] for i in range(len(data))]) == whole


@pytest.mark.parametrize(
    ("data", "kind", "status", "words"),
    [
        pytest.param(b"", "closed", None, "without an answer", id="nothing"),
        pytest.param(b"HTTP/1.1 20", "closed", None, "within the headers", id="half a status"),
        pytest.param(
            OK + b"Content-Length: 9\r\n\r\nabc", "closed", 200, "after 3 of 9", id="a short body"
        ),
        pytest.param(CHUNKED + b"3\r\nabc\r\n", "closed", 200, "last chunk", id="no last chunk"),
        pytest.param(b"garbage\n", "protocol", None, "garbage", id="not HTTP"),
        pytest.param(CHUNKED + b"zz\r\n", "protocol", 200, "chunk", id="not a chunk"),
        pytest.param(b"HTTP/1.1 0 x\r\n\r\n", "protocol", None, "status", id="status 0"),
        pytest.param(
            b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
            "protocol",
            None,
            "switches protocols",
            id="another protocol",
        ),
        pytest.param(
            OK + b"Transfer-Encoding: gzip\r\n\r\n",
            "protocol",
            200,
            "gzip",
            id="an unknown transfer encoding",
        ),
        pytest.param(
            OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
            "protocol",
            None,
            "Content-Length",
            id="two lengths",
        ),
        pytest.param(OK + b"A: " + b"x" * 400, "too_large", None, "400", id="a long header"),
        pytest.param(OK * 40, "protocol", None, "header", id="a status line again and again"),
        pytest.param(
            b"HTTP/1.1 100 Continue\r\n\r\n" * 40, "too_large", None, "400", id="endless 100"
        ),
        pytest.param(
            OK + b"Content-Length: 99999999999\r\n\r\n",
            "too_large",
            200,
            "has 99999999999 bytes",
            id="a length beyond the limit is refused before the body comes",
        ),
        pytest.param(OK + b"\r\n" + b"x" * 101, "too_large", 200, "100", id="a body too long"),
        pytest.param(
            CHUNKED + b"33\r\n" + b"x" * 51 + b"\r\n33\r\n" + b"x" * 51,
            "too_large",
            200,
            "100",
            id="chunks too many",
        ),
    ],
)
def test_failures(data: bytes, kind: str, status: int | None, words: str) -> None:
    parser = new_parser()

    def read() -> None:
        parser.feed(data)
        parser.feed_eof()

    with pytest.raises(TransportError, match=words) as caught:
        read()
    assert (caught.value.kind, caught.value.status) == (kind, status)
    assert caught.value.may_have_arrived
    assert not parser.is_reusable
    bytewise = [data[i : i + 1] for i in range(len(data))]
    assert outcome_of(new_parser(), bytewise) == (kind, status)


@pytest.mark.parametrize(
    ("data", "is_reusable"),
    [
        pytest.param(OK + b"Content-Length: 1\r\n\r\na", True, id="kept alive"),
        pytest.param(CHUNKED + b"0\r\n\r\n", True, id="kept alive after chunks"),
        pytest.param(OK + b"Connection: close\r\nContent-Length: 1\r\n\r\na", False, id="asked"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na", False, id="HTTP/1.0"),
        pytest.param(
            b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
            True,
            id="HTTP/1.0 that keeps alive",
        ),
        pytest.param(OK + b"Content-Length: 1\r\n\r\nab", False, id="a byte too many"),
        pytest.param(
            OK + b"Content-Length: 1\r\n\r\na" + OK + b"\r\n", False, id="an answer too many"
        ),
        pytest.param(
            OK + b"Connection: close\r\nContent-Length: 1\r\n\r\nab",
            False,
            id="a byte too many before the close",
        ),
    ],
)
def test_what_keeps_the_connection(data: bytes, is_reusable: bool) -> None:
    parser = new_parser()
    parser.feed(data)
    assert parser.is_complete
    assert parser.take_body() in (b"a", b"")
    assert parser.is_reusable is is_reusable


@pytest.mark.parametrize(
    ("data", "is_reusable"),
    [
        pytest.param(OK + b"Content-Length: 500\r\n\r\n", True, id="the length of a GET's body"),
        pytest.param(OK + b"\r\n", False, id="no length: it could only end with the connection"),
        pytest.param(OK + b"Content-Length: 3\r\n\r\nabc", False, id="a body nevertheless"),
    ],
)
def test_head_has_no_body(data: bytes, is_reusable: bool) -> None:
    parser = new_parser("HEAD")
    parser.feed(data)
    assert parser.is_complete
    assert (parser.take_body(), parser.is_reusable) == (b"", is_reusable)


@pytest.mark.parametrize(
    ("data", "body", "is_truncated"),
    [
        pytest.param(OK + b"\r\n" + b"x" * 1000, b"x" * 100, True, id="an endless body"),
        pytest.param(
            OK + b"Content-Length: 1000\r\n\r\n" + b"x" * 200, b"x" * 100, True, id="a long body"
        ),
        pytest.param(
            OK + b"Content-Length: 100\r\n\r\n" + b"x" * 100, b"x" * 100, False, id="fits"
        ),
    ],
)
def test_cut_gives_what_fits(data: bytes, body: bytes, is_truncated: bool) -> None:
    parser = new_parser(when_too_large="cut")
    parser.feed(data)
    assert parser.is_complete
    assert (parser.take_body(), parser.is_truncated) == (body, is_truncated)
    assert parser.is_reusable is not is_truncated


def test_a_compressed_body_may_be_a_little_larger_than_what_it_holds() -> None:
    parser = new_parser()
    parser.feed(OK + b"Content-Encoding: gzip\r\nContent-Length: 123\r\n\r\n" + b"x" * 123)
    assert len(parser.take_body()) == 123


def test_all_bytes_are_counted() -> None:
    parser = new_parser()
    parser.feed(OK)
    parser.feed(b"Content-Length: 2\r\n\r\nab")
    assert parser.wire_bytes == len(OK) + 23


fragments = st.sampled_from(
    [
        OK,
        b"HTTP/1.1 204 No Content\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.0 200 OK\r\n",
        b"Content-Length: 5\r\n",
        b"Content-Length: 50\r\n",
        b"Content-Length: 500\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Connection: close\r\n",
        b"A: b\n",
        b"\r\n",
        b"\n",
        b"5\r\nhello\r\n",
        b"0\r\n\r\n",
        b"hello",
        b"x" * 90,
    ]
)
answers = st.one_of(
    st.binary(max_size=300),
    st.lists(fragments | st.binary(max_size=8), max_size=12).map(b"".join),
)


@given(data=answers, cuts=st.lists(st.integers(0, 400), max_size=8), method=st.sampled_from("GH"))
def test_the_cuts_do_not_matter(data: bytes, cuts: list[int], method: str) -> None:
    name = {"G": "GET", "H": "HEAD"}[method]
    whole = outcome_of(new_parser(name), [data])
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[a:b] for a, b in pairwise(places)]
    assert outcome_of(new_parser(name), pieces) == whole
