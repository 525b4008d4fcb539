"""Targets from a URL."""

import pytest
import trio
from trio.testing import MockClock

from scraper.discovery.http import Http
from scraper.settings import HttpDiscovery, TargetGroup
from tests.transport.scripted import Received, ScriptedServer, answer, client_of

JSON = [("Content-Type", "application/json; charset=utf-8")]
URL = "http://sd:80/targets"


class Server:
    """Answers the n-th request with the n-th answer, and with the last one then."""

    def __init__(self, nursery: trio.Nursery, *answers: bytes) -> None:
        self._answers = list(answers)
        self.server = ScriptedServer(nursery, self._next)
        settings = HttpDiscovery(url=URL, refresh_interval_s=60.0)
        self.discovery = Http(settings, client_of(self.server, URL))
        self.published: list[str] = []
        self.groups: list[TargetGroup] = []

    def _next(self, request: Received) -> bytes:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def publish(self, groups: object) -> None:
        assert isinstance(groups, list)
        self.groups = groups
        self.published.append(" ".join([target for group in groups for target in group.targets]))

    async def run(self, nursery: trio.Nursery, polls: int) -> None:
        nursery.start_soon(self.discovery.run, self.publish)
        await trio.sleep(60 * (polls - 1) + 1)


def groups_of(*targets: str) -> bytes:
    quoted = ", ".join(f'"{target}"' for target in targets)
    return answer(
        body=f'[{{"targets": [{quoted}], "labels": {{"x": "1"}}}}]'.encode(), headers=JSON
    )


async def test_groups_and_what_is_asked_for(
    nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    server = Server(nursery, groups_of("a:1", "b:1"))
    await server.run(nursery, 1)
    assert server.groups == [
        TargetGroup(targets=("a:1", "b:1"), labels={"x": "1", "__meta_url": URL}, source=f"{URL}:0")
    ]
    (request,) = server.server.requests
    assert request.header("accept") == "application/json"
    assert request.header("x-prometheus-refresh-interval-seconds") == "60.000000"


async def test_only_changes_are_published(nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    server = Server(nursery, groups_of("a"), groups_of("a"), groups_of("b"))
    await server.run(nursery, 4)
    assert server.published == ["a", "b"]
    assert len(server.server.requests) == 4


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        pytest.param(answer(500), "HTTP status 500", id="an error"),
        pytest.param(answer(body=b"[]"), "not application/json", id="another type"),
        pytest.param(answer(body=b"[{", headers=JSON), "not JSON", id="broken JSON"),
        pytest.param(answer(body=b"{}", headers=JSON), "expected a list", id="no list"),
        pytest.param(b"nonsense\r\n\r\n", "", id="no HTTP"),
    ],
)
async def test_a_bad_answer_keeps_the_last_good_targets(
    nursery: trio.Nursery, autojump_clock: MockClock, bad: bytes, message: str
) -> None:
    server = Server(nursery, groups_of("a"), bad, bad, groups_of("b"))
    await server.run(nursery, 3)
    assert server.published == ["a"]
    assert message in server.discovery.last_error
    await trio.sleep(60)
    assert server.published == ["a", "b"]
    assert server.discovery.last_error == ""
