"""Tokens: how they are asked for, how long they serve, who shares them, what goes wrong."""

import base64
from pathlib import Path

import attrs
import pytest
import trio

from tests.transport.asked import Asked, FakeFetch, reply, token
from tests.transport.scripted import Received, ScriptedServer, answer, client_of
from transport.errors import TransportError
from transport.fetch import FORM
from transport.oauth2 import GRANT_JWT_BEARER, OAuth2Tokens
from transport.renewal import HOLD_OFF_S, Renewed
from transport.secret import Secret
from transport.settings import HttpSettings, OAuth2, ProxySettings
from transport.sources import MAX_SOURCES
from transport.tls import TlsContexts
from transport.token import EXPIRY_MARGIN_S

Clock = trio.testing.MockClock

SETTINGS = OAuth2(
    client_id="me@x", token_url="https://auth/token?t=secret", client_secret=Secret("s:1")
)


def source_of(server: FakeFetch, settings: OAuth2 = SETTINGS) -> Renewed[str]:
    tokens = OAuth2Tokens(settings, server, lambda: 1000.5)
    return Renewed(tokens.place, tokens.lease, margin_s=EXPIRY_MARGIN_S)


async def test_client_credentials(autojump_clock: Clock) -> None:
    server = FakeFetch(lambda asked: token())
    settings = attrs.evolve(
        SETTINGS,
        scopes=("a", "b"),
        endpoint_params={"audience": "x"},
        proxy=ProxySettings(proxy_url="http://u:p@proxy"),
    )
    assert await source_of(server, settings).value() == "Bearer t1"
    # RFC 6749 2.3.1: id and secret are form-encoded before they go into Basic.
    basic = base64.b64encode(b"me%40x:s%3A1").decode()
    assert server.asked == [
        Asked(
            "POST",
            "https://auth/token?t=secret",
            {"grant_type": "client_credentials", "scope": "a b", "audience": "x"},
            {"authorization": f"Basic {basic}", "content-type": FORM[1]},
            "http://u:p@proxy",
        )
    ]


async def test_a_server_that_wants_the_secret_in_the_form(autojump_clock: Clock) -> None:
    server = FakeFetch(
        lambda asked: reply(401) if "authorization" in asked.headers else token(expires_in=60)
    )
    source = source_of(server)
    assert await source.value() == "Bearer t1"
    await trio.sleep(100)
    assert await source.value() == "Bearer t1"
    assert ["authorization" in asked.headers for asked in server.asked] == [True, False, False]
    assert server.asked[2].form["client_secret"] == "s:1"


async def test_a_token_serves_until_shortly_before_it_expires(autojump_clock: Clock) -> None:
    texts = iter(["t1", "t2", "t3"])
    server = FakeFetch(lambda asked: token(next(texts), expires_in=60))
    source = source_of(server)
    assert source.maybe_value() is None
    assert await source.value() == "Bearer t1"
    await trio.sleep(60 - EXPIRY_MARGIN_S)
    assert source.maybe_value() == "Bearer t1"
    await trio.sleep(0.001)
    assert source.maybe_value() is None
    assert await source.value() == "Bearer t2"


async def test_a_token_without_an_end_serves_until_it_is_refused(autojump_clock: Clock) -> None:
    texts = iter(["t1", "t2"])
    server = FakeFetch(lambda asked: token(next(texts)))
    source = source_of(server)
    await source.value()
    source.refused()
    assert source.maybe_value() == "Bearer t1"  # as good as new: a new one would not help
    await trio.sleep(10**6)
    assert source.maybe_value() == "Bearer t1"
    source.refused()
    assert await source.value() == "Bearer t2"


async def test_many_ask_once(autojump_clock: Clock) -> None:
    server = FakeFetch(lambda asked: token())
    source = source_of(server)
    values = []

    async def ask() -> None:
        values.append(await source.value())

    async with trio.open_nursery() as nursery:
        for _ in range(100):
            nursery.start_soon(ask)
    assert values == ["Bearer t1"] * 100
    assert len(server.asked) == 1


async def test_a_failure_is_shared_for_a_while(autojump_clock: Clock) -> None:
    replies = iter([reply(500, b"oh no"), token()])
    server = FakeFetch(lambda asked: next(replies))
    source = source_of(server)
    for _ in range(3):
        with pytest.raises(TransportError, match="auth/token: the token server answered 500"):
            await source.value()
    assert len(server.asked) == 1
    await trio.sleep(HOLD_OFF_S)
    assert await source.value() == "Bearer t1"


async def test_who_is_cancelled_leaves_the_others_to_ask(autojump_clock: Clock) -> None:
    server = FakeFetch(lambda asked: token())
    source = source_of(server)
    with trio.move_on_after(0.5):
        await source.value()
    assert await source.value() == "Bearer t1"


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        pytest.param(403, b'{"error": "x"}', "answered 403: .*error", id="refused twice"),
        pytest.param(200, b"<html>", "no access_token", id="not JSON"),
        pytest.param(200, b"[]", "no access_token", id="not an object"),
        pytest.param(200, b"{}", "no access_token", id="no token"),
        pytest.param(
            200, b'{"access_token": "t", "expires_in": "soon"}', "no access_token", id="a bad time"
        ),
    ],
)
async def test_answers_without_a_token(
    autojump_clock: Clock, status: int, body: bytes, words: str
) -> None:
    server = FakeFetch(lambda asked: reply(status, body))
    with pytest.raises(TransportError, match=words) as caught:
        await source_of(server).value()
    assert caught.value.kind == "auth"
    assert "s:1" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        pytest.param("BEARER", "Bearer t1", id="bearer in any case"),
        pytest.param("MAC", "MAC t1", id="another type"),
        pytest.param(None, "Bearer t1", id="no type"),
    ],
)
async def test_types(autojump_clock: Clock, kind: str | None, expected: str) -> None:
    server = FakeFetch(lambda asked: token(token_type=kind))
    assert await source_of(server).value() == expected


async def test_the_secret_file_is_followed(autojump_clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "secret"
    settings = OAuth2(client_id="me", token_url="http://a/", client_secret_file=str(path))
    server = FakeFetch(lambda asked: token(expires_in=1))
    source = source_of(server, settings)
    with pytest.raises(TransportError, match=r"client secret file .*No such"):
        await source.value()
    await trio.sleep(HOLD_OFF_S)
    for text in ("one", "twotwo"):
        path.write_text(f"{text}\n")
        await source.value()
        basic = server.asked[-1].headers["authorization"].removeprefix("Basic ")
        assert base64.b64decode(basic).decode() == f"me:{text}"


async def test_jwt_bearer_without_a_key(autojump_clock: Clock) -> None:
    settings = attrs.evolve(
        SETTINGS, grant_type=GRANT_JWT_BEARER, client_certificate_key=Secret("garbage")
    )
    server = FakeFetch(lambda asked: token())
    with pytest.raises(TransportError, match="client_certificate_key is not a PEM key") as caught:
        await source_of(server, settings).value()
    assert "garbage" not in str(caught.value)


async def test_clients_share_a_token_and_renew_a_refused_one(
    nursery: trio.Nursery, autojump_clock: Clock
) -> None:
    texts = iter(["t1", "t2"])
    token_server = FakeFetch(lambda asked: token(next(texts)))
    contexts = TlsContexts()
    contexts.sources.fetch = token_server

    def judged(request: Received) -> bytes:
        is_good = request.header("authorization") == good
        return answer(200 if is_good else 401)

    server = ScriptedServer(nursery, judged)
    clients = [
        client_of(server, settings=HttpSettings(oauth2=attrs.evolve(SETTINGS)), contexts=contexts)
        for _ in range(3)
    ]

    async def statuses() -> list[int]:
        return [
            (await client.request("GET", timeout_s=9, max_body_bytes=9)).status
            for client in clients
        ]

    good = "Bearer t1"
    assert await statuses() == [200, 200, 200]
    assert len(token_server.asked) == 1
    good = "Bearer t2"
    await trio.sleep(60)
    assert await statuses() == [401, 200, 200]
    assert len(token_server.asked) == 2


async def test_a_token_server_that_hangs(nursery: trio.Nursery, autojump_clock: Clock) -> None:
    token_server = FakeFetch(lambda asked: token())
    contexts = TlsContexts()
    contexts.sources.fetch = token_server
    server = ScriptedServer(nursery, lambda request: answer())
    client = client_of(server, settings=HttpSettings(oauth2=SETTINGS), contexts=contexts)
    words = "getting an OAuth 2 token from https://auth/token took longer than 0.5s"
    with pytest.raises(TransportError, match=words):
        await client.request("GET", timeout_s=0.5, max_body_bytes=9)


def test_sources_are_bounded() -> None:
    contexts = TlsContexts()
    first = contexts.sources.oauth2(SETTINGS)
    assert contexts.sources.oauth2(attrs.evolve(SETTINGS)) is first
    for number in range(MAX_SOURCES):
        contexts.sources.oauth2(attrs.evolve(SETTINGS, client_id=str(number)))
    assert contexts.sources.oauth2(SETTINGS) is not first
