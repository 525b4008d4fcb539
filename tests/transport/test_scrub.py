"""What a server repeats of our identity is masked."""

import pytest
import trio

from tests.transport.scripted import Received, ScriptedServer, answer, client_of
from transport.scrub import without_identity
from transport.secret import Secret
from transport.settings import Authorization, HeaderValues, HttpSettings


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b"not you, Bearer t0ken-x!", b"not you, Bearer <secret>!", id="a token"),
        pytest.param(b"a Bearer has expired", b"a Bearer has expired", id="the scheme stays"),
        pytest.param(b"v4lue-1, v4lue-2", b"<secret>, <secret>", id="headers"),
    ],
)
def test_masking(body: bytes, expected: bytes) -> None:
    lines = b"Authorization: Bearer t0ken-x\r\nX-A: v4lue-1\r\nX-A: v4lue-2\r\n"
    assert without_identity(body, lines) == expected


async def test_a_refusal_that_repeats_everything(
    nursery: trio.Nursery, autojump_clock: trio.testing.MockClock
) -> None:
    def careless(request: Received) -> bytes:
        return answer(403, f"not you: {dict(request.headers)}".encode())

    settings = HttpSettings(
        authorization=Authorization(credentials=Secret("planted-token")),
        headers={"X-Key": HeaderValues(secrets=(Secret("planted-key"),))},
    )
    client = client_of(ScriptedServer(nursery, careless), settings=settings)
    response = await client.request("GET", timeout_s=9, max_body_bytes=999)
    assert b"not you" in response.body
    assert b"planted" not in response.body
