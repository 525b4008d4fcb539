"""One client, one connection: what is sent, what is kept, what is followed, when it gives up."""

import gzip

import attrs
import pytest
import trio

from tests.transport.scripted import Received, ScriptedServer, answer, client_of
from transport.client import Client
from transport.errors import TransportError
from transport.response import Response
from transport.secret import Secret
from transport.settings import Authorization, BasicAuth, HeaderValues, HttpSettings
from transport.tls import TlsContexts

Clock = trio.testing.MockClock
BASIC = HttpSettings(basic_auth=BasicAuth(username="u", password=Secret("p")))


async def get(client: Client, timeout_s: float = 10) -> Response:
    return await client.request("GET", timeout_s=timeout_s, max_body_bytes=2**20)


async def test_what_a_get_looks_like(nursery: trio.Nursery) -> None:
    server = ScriptedServer(nursery, lambda request: answer(body=b"up 1\n", headers=[("A", "b")]))
    response = await get(client_of(server))
    assert response == Response(200, (("a", "b"), ("content-length", "5")), b"up 1\n", 53)
    (request,) = server.requests
    assert request.place == ("target", 9100)
    assert request.line == "GET /metrics?x=1 HTTP/1.1"
    assert request.headers == (
        ("host", "target:9100"),
        ("user-agent", "promferry/test"),
        ("accept-encoding", "gzip"),
    )


async def test_what_a_post_looks_like(nursery: trio.Nursery) -> None:
    server = ScriptedServer(nursery, lambda request: answer(204))
    client = client_of(server, "http://remote/write", BASIC)
    headers = [("Content-Type", "application/x-protobuf"), ("user-agent", "other")]
    response = await client.request(
        "POST", headers=headers, body=b"\x00block", timeout_s=10, max_body_bytes=1000
    )
    assert response.status == 204
    (request,) = server.requests
    assert request.line == "POST /write HTTP/1.1"
    assert request.headers == (
        ("host", "remote"),
        ("user-agent", "other"),
        ("accept-encoding", "gzip"),
        ("content-type", "application/x-protobuf"),
        ("authorization", "Basic dTpw"),
        ("content-length", "6"),
    )
    assert request.body == b"\x00block"


async def test_requests_share_a_connection_whatever_they_ask(nursery: trio.Nursery) -> None:
    server = ScriptedServer(nursery, lambda request: answer(body=request.line.encode()))
    client = client_of(server)
    targets = ["/a", "/a", None, "/b c?d=\xe4"]
    bodies = [
        (await client.request("GET", target=target, timeout_s=9, max_body_bytes=99)).body
        for target in targets
    ]
    assert [body.split()[1] for body in bodies] == [
        b"/a",
        b"/a",
        b"/metrics?x=1",
        b"/b%20c?d=%C3%A4",
    ]
    assert server.connections == 1
    assert "connected" in repr(client)
    statistics = client.statistics()
    assert (statistics.requests, statistics.connects, statistics.failures) == (4, 1, 0)
    assert statistics.received_bytes == sum(len(answer(body=body)) for body in bodies)


async def test_without_keepalive_each_request_has_its_connection(nursery: trio.Nursery) -> None:
    server = ScriptedServer(nursery, lambda request: answer())
    client = client_of(server, keepalive=False)
    await get(client)
    await get(client)
    assert [request.connection for request in server.requests] == [1, 2]
    assert server.requests[0].header("connection") == "close"
    await trio.testing.wait_all_tasks_blocked()
    assert server.open_count == 0


async def test_gzip_is_inflated(nursery: trio.Nursery) -> None:
    page = b"up 1\n" * 1000
    members = gzip.compress(page[:1000]) + gzip.compress(page[1000:])
    gzipped = [("Content-Encoding", "gzip")]
    server = ScriptedServer(nursery, lambda request: answer(body=members, headers=gzipped))
    response = await get(client_of(server))
    assert response.body == page
    assert response.wire_bytes < len(page)
    assert response.header("content-encoding") == "gzip"
    assert response.header("absent") is None


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        pytest.param([], b"x" * 2000, b"x" * 10, id="a plain text"),
        pytest.param(
            [("Content-Encoding", "gzip")], gzip.compress(b"x" * 2000), b"x" * 10, id="gzip"
        ),
        pytest.param([("Content-Encoding", "gzip")], b"\x1f" * 20, b"", id="broken gzip"),
        pytest.param([("Content-Encoding", "br")], b"x" * 9, b"x" * 9, id="unknown encoding"),
    ],
)
async def test_an_error_text_is_cut_not_refused(
    nursery: trio.Nursery, headers: list[tuple[str, str]], body: bytes, expected: bytes
) -> None:
    server = ScriptedServer(nursery, lambda request: answer(500, body, headers))
    response = await client_of(server).request(
        "POST", body=b"x", timeout_s=10, max_body_bytes=10, when_too_large="cut"
    )
    assert (response.status, response.body) == (500, expected)
    assert response.is_truncated is (len(expected) == 10)


async def test_a_configured_header_wins(nursery: trio.Nursery) -> None:
    settings = HttpSettings(
        authorization=Authorization(credentials=Secret("token")),
        headers={"Accept": HeaderValues(values=("a", "b"), secrets=(Secret("c"),))},
    )
    server = ScriptedServer(nursery, lambda request: answer())
    client = client_of(server, settings=settings)
    await client.request("GET", headers=[("accept", "*/*")], timeout_s=9, max_body_bytes=9)
    assert server.requests[0].header("accept") == "a, b, c"
    assert server.requests[0].header("authorization") == "Bearer token"


async def test_credentials_of_the_url_serve_where_nothing_is_configured(
    nursery: trio.Nursery,
) -> None:
    server = ScriptedServer(nursery, lambda request: answer())
    client = client_of(server, "http://u:p%40@target/")
    await get(client)
    assert server.requests[0].header("authorization") == "Basic dTpwQA=="
    assert "p@" not in repr(client)
    assert server.requests[0].header("host") == "target"


@attrs.define
class _Redirecting:
    """Sends `/` on to `location`; everything else is an answer."""

    status: int
    location: str

    def __call__(self, request: Received) -> bytes:
        if " / " in request.line:
            return answer(self.status, b"moved", [("Location", self.location)])
        return answer(body=request.line.encode())


@pytest.mark.parametrize(
    ("status", "location", "line", "place", "authorization"),
    [
        pytest.param(302, "/b", "GET /b", ("a", 80), "Basic dTpw", id="a path"),
        pytest.param(301, "c?d", "GET /c?d", ("a", 80), "Basic dTpw", id="a relative path"),
        pytest.param(303, "//a/b", "GET /b", ("a", 80), "Basic dTpw", id="the same scheme"),
        pytest.param(307, "http://b/b", "POST /b", ("b", 80), None, id="another host"),
        pytest.param(308, "http://A:81/b", "POST /b", ("a", 81), "Basic dTpw", id="another port"),
    ],
)
async def test_redirects(
    nursery: trio.Nursery,
    status: int,
    location: str,
    line: str,
    place: tuple[str, int],
    authorization: str | None,
) -> None:
    server = ScriptedServer(nursery, _Redirecting(status, location))
    client = client_of(server, "http://a/", BASIC)
    response = await client.request("POST", body=b"x", timeout_s=9, max_body_bytes=99)
    last = server.requests[-1]
    assert response.body.startswith(line.encode())
    assert (last.place, last.header("authorization")) == (place, authorization)
    assert last.body == (b"x" if status >= 307 else b"")
    assert client.statistics().redirects == 1


@pytest.mark.parametrize(
    ("settings", "location"),
    [
        pytest.param(HttpSettings(follow_redirects=False), "/b", id="not wanted"),
        pytest.param(HttpSettings(), "", id="without a Location"),
    ],
)
async def test_what_is_not_followed_is_the_answer(
    nursery: trio.Nursery, settings: HttpSettings, location: str
) -> None:
    server = ScriptedServer(nursery, _Redirecting(302, location))
    response = await get(client_of(server, "http://a/", settings))
    assert (response.status, response.body) == (302, b"moved")


async def test_a_bad_location_is_an_error(nursery: trio.Nursery) -> None:
    server = ScriptedServer(nursery, _Redirecting(302, "ftp://a/b"))
    with pytest.raises(TransportError, match="must begin with http") as caught:
        await get(client_of(server, "http://a/"))
    assert caught.value.kind == "protocol"


async def test_a_stale_connection_is_replaced_once_at_once(nursery: trio.Nursery) -> None:
    closing = {1: 1, 2: 2}  # the connection and how many requests it answers

    def reply(request: Received) -> bytes:
        closing[request.connection] -= 1
        if closing[request.connection] < 0:
            raise EOFError  # the server is gone without an answer
        return answer(body=b"%d" % request.connection)

    server = ScriptedServer(nursery, reply)
    client = client_of(server)
    responses = [await get(client) for _ in range(3)]
    assert [response.body for response in responses] == [b"1", b"2", b"2"]
    assert [response.is_resent for response in responses] == [False, True, False]
    assert client.statistics().stale_retries == 1
    closing[3] = 0
    with pytest.raises(TransportError, match="without an answer") as caught:
        await get(client)  # 2 is stale, and 3, which is new, closes at once
    assert (caught.value.kind, server.connections) == ("closed", 3)


async def test_a_request_that_went_out_once_may_have_arrived(nursery: trio.Nursery) -> None:
    def reply(request: Received) -> bytes:
        if len(server.requests) == 2:
            raise EOFError
        return answer()

    async def connect(host: str, port: int) -> trio.abc.Stream:
        if server.connections:
            raise TransportError("connect", "cannot connect to target:9100: Connection refused")
        return await server.connect(host, port)

    server = ScriptedServer(nursery, reply)
    client = client_of(server, connector=connect)
    await get(client)
    for may_have_arrived in (True, False):
        with pytest.raises(TransportError, match="Connection refused") as caught:
            await get(client)
        assert caught.value.may_have_arrived is may_have_arrived


async def test_half_an_answer_is_not_asked_for_again(
    nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    answers = [answer(), answer(body=b"x" * 9)[:-1]]

    def reply(request: Received) -> bytes:
        return answers.pop(0)

    server = ScriptedServer(nursery, reply)
    client = client_of(server)
    await get(client)
    with pytest.raises(TransportError, match="body did not come whole") as caught:
        await get(client, timeout_s=1)
    assert caught.value.status == 200
    assert len(server.requests) == 2


async def test_a_connection_that_takes_too_long(autojump_clock: Clock) -> None:
    async def connect(host: str, port: int) -> trio.abc.Stream:
        await trio.sleep(100)
        raise AssertionError

    client = Client(
        "http://a/",
        HttpSettings(),
        contexts=TlsContexts(),
        user_agent="t",
        connect_timeout_s=5,
        connector=connect,
    )
    for timeout_s, shown in ((30, "5s"), (2, "2s")):
        with pytest.raises(TransportError, match=f"connecting to a:80 took longer than {shown}"):
            await get(client, timeout_s=timeout_s)
    assert trio.current_time() == 7
    assert client.statistics().failures == 2


async def test_a_cancelled_request_closes_its_connection(
    nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    server = ScriptedServer(nursery, lambda request: b"")  # an empty answer: nothing comes
    client = client_of(server)
    with trio.move_on_after(1) as scope:
        await get(client)
    assert scope.cancelled_caught
    await trio.testing.wait_all_tasks_blocked()
    assert (server.open_count, server.connections) == (0, 1)
    server.answer = lambda request: answer()
    assert (await get(client)).status == 200


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("ftp://a/", "must begin with http:// or https://", id="another scheme"),
        pytest.param("http:///x", "no host", id="no host"),
        pytest.param("http://a:0x1/", "Port could not be cast|port", id="a bad port"),
        pytest.param("http://u:secret@a b/", "not a host name", id="a bad host"),
    ],
)
async def test_a_bad_url_is_told_by_each_request(url: str, words: str) -> None:
    client = Client(url, HttpSettings(), contexts=TlsContexts(), user_agent="t")
    for _ in range(2):
        with pytest.raises(TransportError, match=words) as caught:
            await get(client)
        assert "secret" not in str(caught.value)
    assert client.statistics().failures == 2


async def test_a_header_of_two_lines_is_not_sent(nursery: trio.Nursery) -> None:
    server = ScriptedServer(nursery, lambda request: answer())
    client = client_of(server)
    with pytest.raises(TransportError, match="control characters"):
        await client.request("GET", headers=[("A", "b\r\nC: d")], timeout_s=1, max_body_bytes=1)
    assert server.requests == []
