"""HTTP/2 beneath the same client: what is chosen, sent, read; how it ends."""

import gzip
import ssl

import attrs
import pytest
import trio
from h2.errors import ErrorCodes

from tests.transport.certificates import Certificates
from tests.transport.scripted_http2 import Http2Server, Reply
from transport.client import Client
from transport.errors import TransportError
from transport.http2 import _Frames, fields_of, head_of
from transport.parser import WhenTooLarge
from transport.response import Response
from transport.secret import Secret
from transport.settings import BasicAuth, HttpSettings, TlsSettings
from transport.tls import TlsContexts
from transport.url import parse_url

Clock = trio.testing.MockClock
URL = "https://target/api/v1/write?x=1"


@pytest.fixture
def context(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server.cert, certificates.server.key)
    context.set_alpn_protocols(["h2"])
    return context


def client_of(server: Http2Server, certificates: Certificates) -> Client:
    settings = HttpSettings(
        tls=TlsSettings(ca_file=str(certificates.ca)),
        basic_auth=BasicAuth(username="u", password=Secret("p")),
        offers_http2=True,
    )
    return Client(URL, settings, contexts=TlsContexts(), user_agent="t/1", connector=server.connect)


async def post(
    client: Client,
    body: bytes = b"x",
    *,
    max_body_bytes: int = 99,
    when_too_large: WhenTooLarge = "refuse",
) -> Response:
    return await client.request(
        "POST",
        headers=(("Content-Encoding", "snappy"),),
        body=body,
        timeout_s=9,
        max_body_bytes=max_body_bytes,
        when_too_large=when_too_large,
    )


async def test_requests_share_a_connection(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    server = Http2Server(nursery, context, lambda reply: reply.answer(200, b"hello", ("x-a", "1")))
    client = client_of(server, certificates)
    for number in range(3):
        response = await post(client, b"body %d" % number)
        assert (response.status, response.body, response.header("x-a")) == (200, b"hello", "1")
    assert server.connections == 1
    assert server.asked[2].body == b"body 2"
    assert server.asked[2].headers == {
        ":method": "POST",
        ":scheme": "https",
        ":authority": "target",
        ":path": "/api/v1/write?x=1",
        "user-agent": "t/1",
        "accept-encoding": "gzip",
        "content-encoding": "snappy",
        "authorization": "Basic dTpw",
        "content-length": "6",
    }
    assert client.statistics().connects == 1


async def test_a_body_larger_than_the_window(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    server = Http2Server(nursery, context, lambda reply: reply.answer(204))
    client = client_of(server, certificates)
    body = bytes(range(256)) * 1000
    assert (await post(client, body)).status == 204
    assert (await post(client, body)).status == 204
    assert server.asked[1].body == body
    assert server.connections == 1


async def test_a_compressed_body_with_its_length(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    body = gzip.compress(b"a" * 50)
    rows = (("content-encoding", "gzip"), ("content-length", str(len(body))))
    server = Http2Server(nursery, context, lambda reply: reply.answer(200, body, *rows))
    assert (await post(client_of(server, certificates))).body == b"a" * 50


async def test_a_body_too_large(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    server = Http2Server(nursery, context, lambda reply: reply.answer(400, b"a" * 1000))
    client = client_of(server, certificates)
    response = await post(client, when_too_large="cut", max_body_bytes=10)
    assert response.body == b"a" * 10
    assert response.is_truncated
    with pytest.raises(TransportError, match="more than the limit of 10 bytes"):
        await post(client, max_body_bytes=10)


async def test_an_answer_before_the_body_was_sent(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    server = Http2Server(
        nursery,
        context,
        lambda reply: None,
        act_at_head=lambda reply: reply.answer(413, b"too large"),
        reads=False,
    )
    client = client_of(server, certificates)
    for _ in range(2):
        response = await post(client, b"x" * 100_000)
        assert (response.status, response.body) == (413, b"too large")
    assert server.connections == 1  # the stream was called off, not the connection


async def test_a_server_that_ends_the_connection_between_requests(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    def once(reply: Reply) -> None:
        reply.answer()
        if reply.asked.connection == 1:
            reply.h2.close_connection()
            reply.keeps_open = False

    server = Http2Server(nursery, context, once)
    client = client_of(server, certificates)
    for _ in range(2):
        response = await post(client)
        assert response.status == 200
        await trio.sleep(1)
    assert server.connections == 2
    assert not response.is_resent


async def test_a_server_that_says_goodbye_before_its_last_answer(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    """As nginx does."""

    def goodbye(reply: Reply) -> None:
        reply.goodbye = reply.asked.connection == 1
        reply.answer(200, b"hello")

    server = Http2Server(nursery, context, goodbye)
    client = client_of(server, certificates)
    for _ in range(2):
        assert (await post(client)).body == b"hello"
    assert server.connections == 2
    assert client.statistics().stale_retries == 0


async def test_a_request_that_was_not_acted_on_is_sent_again(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    def second(reply: Reply) -> None:
        if reply.asked.connection == 1 and reply.stream_id > 1:
            reply.h2.reset_stream(reply.stream_id, ErrorCodes.REFUSED_STREAM)
        else:
            reply.answer()

    server = Http2Server(nursery, context, second)
    client = client_of(server, certificates)
    await post(client)
    response = await post(client)
    assert response.status == 200
    assert not response.is_resent
    assert server.connections == 2


@pytest.mark.parametrize(
    ("code", "may_have_arrived"),
    [
        pytest.param(ErrorCodes.REFUSED_STREAM, False, id="not acted on"),
        pytest.param(ErrorCodes.INTERNAL_ERROR, True, id="perhaps acted on"),
    ],
)
async def test_a_reset_on_a_fresh_connection(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
    code: ErrorCodes,
    may_have_arrived: bool,
) -> None:
    server = Http2Server(
        nursery, context, lambda reply: reply.h2.reset_stream(reply.stream_id, code)
    )
    with pytest.raises(TransportError, match=f"has reset the HTTP/2 stream .{code.name}") as caught:
        await post(client_of(server, certificates))
    assert caught.value.kind == "closed"
    assert caught.value.may_have_arrived is may_have_arrived


async def test_no_answer(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    server = Http2Server(nursery, context, lambda reply: None)
    with pytest.raises(TransportError, match="no answer within 9s") as caught:
        await post(client_of(server, certificates))
    assert caught.value.kind == "timeout"


async def test_a_server_that_breaks_the_protocol(
    nursery: trio.Nursery,
    context: ssl.SSLContext,
    certificates: Certificates,
    autojump_clock: Clock,
) -> None:
    async def connect(host: str, port: int) -> trio.abc.Stream:
        ours, theirs = trio.testing.memory_stream_pair()
        nursery.start_soon(talk, theirs)
        return ours

    async def talk(stream: trio.abc.Stream) -> None:
        tls = trio.SSLStream(stream, context, server_side=True, https_compatible=True)
        await tls.send_all(b"\0\0\0\1\0\0\0\0\0")  # headers of stream 0

    server = Http2Server(nursery, context, lambda reply: None)
    client = client_of(server, certificates)
    client._dialer._connector = connect
    with pytest.raises(TransportError, match="HTTP/2 with https://target failed") as caught:
        await post(client)
    assert caught.value.kind == "protocol"


async def test_without_the_offer_it_is_not_chosen(
    nursery: trio.Nursery,
    certificates: Certificates,
    context: ssl.SSLContext,
    autojump_clock: Clock,
) -> None:
    server = Http2Server(nursery, context, lambda reply: reply.answer())
    client = client_of(server, certificates)
    contexts = TlsContexts()
    tls = TlsSettings(ca_file=str(certificates.ca))
    assert contexts.context(tls) is not contexts.context(tls, http2=True)
    settings = attrs.evolve(client._dialer._settings, offers_http2=False)
    plain = Client(URL, settings, contexts=contexts, user_agent="t", connector=server.connect)
    with pytest.raises(TransportError):  # this server speaks nothing else
        await post(plain)
    assert not server.asked


def test_fields() -> None:
    head = b"GET /a?b HTTP/1.1\r\nHost: h:1\r\nConnection: close\r\nX-A: b: c"
    assert fields_of(head, parse_url("https://h:1/").origin) == [
        (b":method", b"GET"),
        (b":scheme", b"https"),
        (b":authority", b"h:1"),
        (b":path", b"/a?b"),
        (b"x-a", b"b: c"),
    ]


def test_a_header_that_would_be_two() -> None:
    with pytest.raises(TransportError, match="control characters"):
        head_of([(b":status", b"200"), (b"a", b"b\r\nc: d")], is_chunked=False)


def frame(kind: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes((kind, 0)) + bytes(4) + payload


@pytest.mark.parametrize("size", [1, 2, 8, 9, 10, 1000])
def test_frames_are_whole_however_they_come(size: int) -> None:
    expected = [frame(6, b"12345678"), frame(4, b""), frame(0, b"x" * 300)]
    data = b"".join(expected)
    frames = _Frames()
    found: list[bytes] = []
    for start in range(0, len(data), size):
        found += frames.split(data[start : start + size])
    assert found == expected


def test_a_frame_that_is_too_large_is_not_waited_for() -> None:
    head = b"\xff\xff\xff\0\0\0\0\0\1"
    assert list(_Frames().split(head)) == [head]
