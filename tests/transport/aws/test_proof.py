"""Requests that are signed, each attempt anew, verified as Amazon would."""

import hashlib
from datetime import UTC, datetime

import attrs
import pytest
import trio

from tests.transport.asked import FakeFetch, reply
from tests.transport.scripted import Received, ScriptedServer, answer, client_of
from transport.aws.sigv4 import Credentials, Scope, hash_of, signed_headers
from transport.secret import Secret
from transport.settings import HttpSettings, SigV4
from transport.tls import TlsContexts

Clock = trio.testing.MockClock

URL = "http://aps.example/workspaces/ws-1/api/v1/remote_write?x=b%20c&a=1"
SETTINGS = SigV4(region="eu-1", access_key="AKID", secret_key=Secret("s3cr3t"))


@attrs.define
class Verifier:
    """Recomputes the signature from what came over the wire; its clock may differ from ours."""

    now_s: float
    requests: list[Received] = attrs.field(factory=list)

    def __call__(self, request: Received) -> bytes:
        self.requests.append(request)
        now = datetime.fromtimestamp(self.now_s, UTC)
        date = ("Date", now.strftime("%a, %d %b %Y %H:%M:%S GMT"))
        return answer(200 if self.is_good(request) else 403, headers=(date,))

    def is_good(self, request: Received) -> bool:
        stamp = request.header("x-amz-date") or ""
        told = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(told.timestamp() - self.now_s) > 300:
            return False
        method, target, _ = request.line.split(" ")
        rows = signed_headers(
            method,
            target,
            (("host", request.header("host") or ""),),
            hashlib.sha256(request.body).hexdigest(),
            Credentials("AKID", Secret("s3cr3t")),
            Scope("eu-1", "aps"),
            told,
        )
        expected = {name.lower(): value for name, value in rows}
        return all(request.header(name) == value for name, value in expected.items())


@attrs.define
class Wall:
    offset_s: float = 1_700_000_000

    def __call__(self) -> float:
        return trio.current_time() + self.offset_s


def contexts_of(wall: Wall) -> TlsContexts:
    contexts = TlsContexts()
    contexts.sources.wall = wall
    contexts.sources.environment = {"HOME": "/nowhere"}
    contexts.sources.fetch = FakeFetch(lambda asked: reply(500))
    return contexts


async def test_each_attempt_has_its_own_time_and_a_body_is_hashed_once(
    nursery: trio.Nursery, autojump_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[bytes] = []

    def counted(body: bytes) -> str:
        hashed.append(body)
        return hash_of(body)

    monkeypatch.setattr("transport.aws.proof.hash_of", counted)
    statuses = iter((403, 503, 200))
    server = ScriptedServer(nursery, lambda request: answer(next(statuses)))
    client = client_of(server, URL, HttpSettings(sigv4=SETTINGS), contexts=contexts_of(Wall()))
    body = b"a block of samples"
    verifier = Verifier(1_700_000_000)
    for attempt in range(3):
        headers = (("Content-Encoding", "snappy"), ("Retry-Attempt", str(attempt)))
        await client.request("POST", headers=headers, body=body, timeout_s=9, max_body_bytes=9)
        assert verifier.is_good(server.requests[-1])
        await trio.sleep(60)
    assert len({request.header("x-amz-date") for request in server.requests}) == 3
    assert hashed.count(body) == 1


async def test_a_wrong_clock_is_noticed(nursery: trio.Nursery, autojump_clock: Clock) -> None:
    """A machine that believes in 1970 is refused once."""
    server = ScriptedServer(nursery, Verifier(1_700_000_000))
    contexts = contexts_of(Wall(offset_s=100))
    client = client_of(server, URL, HttpSettings(sigv4=SETTINGS), contexts=contexts)
    statuses = [
        (await client.request("POST", body=b"x", timeout_s=9, max_body_bytes=9)).status
        for _ in range(3)
    ]
    assert statuses == [403, 200, 200]


async def test_a_redirect_is_signed_for_where_it_leads(
    nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    verifier = Verifier(1_700_000_000)

    def judged(request: Received) -> bytes:
        if request.line.startswith("POST /old"):
            return answer(308, headers=(("Location", "/new/../newer?q=1"),))
        return verifier(request)

    server = ScriptedServer(nursery, judged)
    settings = HttpSettings(sigv4=SETTINGS)
    client = client_of(server, "http://aps.example/old", settings, contexts=contexts_of(Wall()))
    response = await client.request("POST", body=b"x", timeout_s=9, max_body_bytes=9)
    assert response.status == 200


async def test_a_stranger_gets_no_signature(nursery: trio.Nursery, autojump_clock: Clock) -> None:
    def judged(request: Received) -> bytes:
        if request.place[0] == "aps.example":
            return answer(307, headers=(("Location", "http://stranger/"),))
        return answer(200)

    server = ScriptedServer(nursery, judged)
    settings = HttpSettings(sigv4=SETTINGS)
    client = client_of(server, "http://aps.example/", settings, contexts=contexts_of(Wall()))
    await client.request("POST", body=b"x", timeout_s=9, max_body_bytes=9)
    assert server.requests[1].header("authorization") is None
    assert server.requests[1].header("x-amz-date") is None


async def test_credentials_of_the_url_give_way(
    nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    server = ScriptedServer(nursery, Verifier(1_700_000_000))
    settings = HttpSettings(sigv4=SETTINGS)
    url = URL.replace("//", "//user:password@", 1)
    client = client_of(server, url, settings, contexts=contexts_of(Wall()))
    assert (await client.request("POST", timeout_s=9, max_body_bytes=9)).status == 200
    assert "password" not in repr(client)
