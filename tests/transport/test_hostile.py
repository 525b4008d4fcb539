"""The client against every way of misbehaving, on a mock clock, nothing left behind."""

from collections.abc import Callable

import pytest
import trio

from tests import hostile_server
from tests.hostile_server import CASES, Case, MemoryServer
from transport.client import Client
from transport.errors import TransportError
from transport.settings import HttpSettings
from transport.tls import TlsContexts

ROUNDS = 3

NewClient = Callable[[MemoryServer], Client]


def new_client(server: MemoryServer) -> Client:
    return Client(
        "http://target:9100/metrics",
        HttpSettings(),
        contexts=TlsContexts(),
        user_agent="test",
        max_header_bytes=hostile_server.MAX_HEADER_BYTES,
        connector=server.connect,
    )


async def get(client: Client) -> tuple[int, bytes]:
    response = await client.request(
        "GET",
        timeout_s=hostile_server.TIMEOUT_S,
        max_body_bytes=hostile_server.MAX_BODY_BYTES,
    )
    return response.status, response.body


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_each_way_has_its_answer_and_leaves_nothing(
    case: Case, autojump_clock: trio.testing.MockClock
) -> None:
    async with trio.open_nursery() as nursery:
        server = MemoryServer(case.behaviour, nursery)
        client = new_client(server)
        for _ in range(ROUNDS):
            began_s = trio.current_time()
            if case.kind is None:
                assert await get(client) == (200, hostile_server.PAGE)
            else:
                with pytest.raises(TransportError, match=case.words) as caught:
                    await get(client)
                assert caught.value.kind == case.kind
            assert trio.current_time() - began_s <= hostile_server.TIMEOUT_S
        await client.aclose()
        await trio.testing.wait_all_tasks_blocked()
        assert server.open_count == 0 or case.kind == "timeout"
        assert client.statistics().requests == ROUNDS
        assert client.statistics().failures == (ROUNDS if case.kind else 0)
        nursery.cancel_scope.cancel()
