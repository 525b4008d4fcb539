"""What goes over the wire, when, and what each answer does to a Block."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from pushqueue.sender import Poster
from pushqueue.statistics import RemoteStatistics
from tests.pushqueue.blocks import NOW_MS, batch
from tests.pushqueue.fake_remote import (
    FakeRemote,
    Reply,
    Request,
    Script,
    always,
    in_turn,
    samples_of,
)
from tests.pushqueue.remotes import remote_on, running
from tests.transport.scripted import Received, ScriptedServer, answer
from transport.client import Client
from transport.errors import TransportError
from transport.settings import HttpSettings
from transport.tls import TlsContexts

REFUSED = TransportError("connect", "connection refused")
UNANSWERED = TransportError("closed", "the remote closed the connection", may_have_arrived=True)


@pytest.fixture
def autojump_clock() -> MockClock:
    return MockClock(autojump_threshold=0)


async def push(path: Path, script: Script, *, seconds: float = 100, count: int = 3) -> "Seen":
    """Pushes one batch to a remote that answers by the script, and looks after a while."""
    far_end = FakeRemote(script)
    async with running(remote_on(path, far_end)) as remote:
        remote.put_nowait([batch(count)])
        await trio.sleep(seconds)
        return Seen(far_end, remote.statistics())


class Seen:
    def __init__(self, far_end: FakeRemote, statistics: RemoteStatistics) -> None:
        self.requests = far_end.requests
        self.accepted = far_end.accepted
        self.statistics = statistics

    @property
    def pauses(self) -> list[float]:
        times = [request.at for request in self.requests]
        return [round(later - earlier, 3) for earlier, later in pairwise(times)]


# On the wire


async def test_a_request_is_as_the_specification_says(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, always(204))
    (request,) = seen.requests
    assert request.headers == {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }
    assert request.samples == [
        ("metric_00000", 0.0, NOW_MS),
        ("metric_00001", 1.0, NOW_MS),
        ("metric_00002", 2.0, NOW_MS),
    ]


async def test_attempts_after_the_first_are_numbered(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, in_turn(500, 500))
    numbers = [request.headers.get("Retry-Attempt") for request in seen.requests]
    assert numbers == [None, "1", "2"]


# Answers


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_a_success_ends_it(status: int, tmp_path: Path, autojump_clock: MockClock) -> None:
    seen = await push(tmp_path, always(status))
    assert len(seen.requests) == 1
    found = seen.statistics
    assert (found.state, found.sent_samples_total, found.pending_samples) == ("ok", 3, 0)
    assert found.answers == {status: 1}


@pytest.mark.parametrize(
    "reply",
    [Reply(408), Reply(425), Reply(429), Reply(500), Reply(503), REFUSED, UNANSWERED],
    ids=lambda reply: str(getattr(reply, "status", None) or reply),
)
async def test_what_may_pass_is_tried_again(
    reply: Reply | TransportError, tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, in_turn(reply, reply, reply))
    assert seen.pauses == [1, 2, 4]
    assert len({request.body for request in seen.requests}) == 1
    found = seen.statistics
    assert (found.sent_samples_total, found.retries_total) == (3, 3)
    assert found.dropped_samples == {}


async def test_what_stays_wrong_is_tried_for_ever(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, always(503, body=b"no\nbackend"), seconds=3600)
    assert seen.pauses[:7] == [1, 2, 4, 8, 16, 30, 30]
    assert seen.pauses[-1] == 30
    assert seen.statistics.state == "retrying"
    assert seen.statistics.last_error == "HTTP 503: no backend"
    assert seen.statistics.queue.disk_samples == 3


@pytest.mark.parametrize("seconds", [7, 300])
async def test_retry_after_is_honoured(
    seconds: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    late = Reply(429, headers=(("retry-after", str(seconds)),))
    seen = await push(tmp_path, in_turn(late), seconds=400)
    assert seen.pauses == [seconds]


@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 407])
async def test_a_closed_door_holds_everything(
    status: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, always(status, body=b"who are you"), seconds=45)
    assert seen.pauses == [10, 10, 10, 10]
    found = seen.statistics
    assert (found.state, found.pending_samples) == ("holding", 3)
    assert found.last_error == f"HTTP {status}: who are you"


async def test_a_door_that_opens_lets_everything_in(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, in_turn(401, 401))
    assert (seen.statistics.state, seen.statistics.sent_samples_total) == ("ok", 3)


@pytest.mark.parametrize("status", [400, 402, 406, 409, 410, 414, 415, 422, 431])
async def test_a_small_block_that_is_refused_is_never_sent_again(
    status: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, always(status, body=b"out of bounds"))
    assert len(seen.requests) == 1
    found = seen.statistics
    assert found.dropped_samples == {"refused": 3}
    assert found.last_error == f"HTTP {status}: out of bounds"
    assert (found.state, found.pending_samples) == ("ok", 0)


def refuses(culprit: str) -> Script:
    def script(request: Request) -> Reply:
        return Reply(400 if culprit in {name for name, _, _ in request.samples} else 200)

    return script


async def test_a_culprit_is_found(tmp_path: Path, autojump_clock: MockClock) -> None:
    seen = await push(tmp_path, refuses("metric_00333"), count=500)
    found = seen.statistics
    assert found.sent_samples_total + found.dropped_samples["refused"] == 500
    assert found.dropped_samples["refused"] <= 32
    names = [name for name, _, _ in seen.accepted]
    assert names == sorted(set(names))


async def test_after_a_wholly_refused_block_nothing_is_split(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(always(400))
    async with running(remote_on(tmp_path, far_end)) as remote:
        remote.put_nowait([batch(500)])
        await trio.sleep(100)
        first = len(far_end.requests)
        remote.put_nowait([batch(500)])
        await trio.sleep(100)
        assert first > 10
        assert len(far_end.requests) == first + 1
        far_end.script = refuses("metric_00333")
        remote.put_nowait([batch(3)])
        await trio.sleep(100)
        remote.put_nowait([batch(500)])
        await trio.sleep(100)
        assert len(far_end.requests) > first + 5


async def test_too_large_is_halved(tmp_path: Path, autojump_clock: MockClock) -> None:
    def script(request: Request) -> Reply:
        return Reply(413 if len(request.samples) > 40 else 200)

    seen = await push(tmp_path, script, count=100)
    assert [name for name, _, _ in seen.accepted] == [f"metric_{i:05}" for i in range(100)]
    assert seen.statistics.dropped_samples == {}


async def test_a_refusal_after_no_answer_is_not_called_one(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, in_turn(UNANSWERED, 400), count=500)
    assert len(seen.requests) == 2
    assert seen.statistics.dropped_samples == {"maybe_delivered": 500}


async def test_a_refusal_after_no_connection_is_one(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, in_turn(REFUSED, 400), count=3)
    assert seen.statistics.dropped_samples == {"refused": 3}


async def test_a_refusal_after_a_restart_is_not_called_one_until_something_is_accepted(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    async with running(remote_on(tmp_path, FakeRemote(always(503)))) as remote:
        for number in range(4):
            remote.put_nowait([batch(2, time_ms=NOW_MS + number)])
            await trio.sleep(2)
    far_end = FakeRemote(in_turn(400, 200, 400, 200))
    async with running(remote_on(tmp_path, far_end)) as remote:
        await trio.sleep(10)
        assert remote.statistics().dropped_samples == {"maybe_delivered": 2, "refused": 2}
        assert remote.statistics().sent_samples_total == 4


@pytest.mark.parametrize("status", [200, 503])
async def test_an_answer_whose_body_is_broken_counts_by_its_status(
    status: int, tmp_path: Path, autojump_clock: MockClock
) -> None:
    broken = TransportError("protocol", "the body is cut", status=status, may_have_arrived=True)
    seen = await push(tmp_path, in_turn(broken))
    assert len(seen.requests) == (1 if status == 200 else 2)
    assert seen.statistics.request_errors_total == 1


async def test_no_answer_in_time_is_a_failure(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote(in_turn(Reply(after_s=100)))
    async with running(remote_on(tmp_path, far_end, send_timeout_s=30)) as remote:
        remote.put_nowait([batch(3)])
        await trio.sleep(20)
        assert remote.statistics().queue.disk_samples == 3
        await trio.sleep(20)
        assert [round(request.at) for request in far_end.requests] == [1, 32]
        assert remote.statistics().sent_samples_total == 3


# Order


async def test_one_request_is_in_flight_and_blocks_go_in_order(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(lambda request: Reply(after_s=3))
    async with running(remote_on(tmp_path, far_end)) as remote:
        for number in range(10):
            remote.put_nowait([batch(1, time_ms=NOW_MS + number)])
            await trio.sleep(1)
        await trio.sleep(60)
    assert far_end.most_in_flight == 1
    assert [time_ms for _, _, time_ms in far_end.accepted] == [NOW_MS + n for n in range(10)]


async def test_lanes_send_side_by_side_and_keep_the_order_of_each(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    delays: Iterator[float] = iter([5, 1, 3, 2] * 100)
    far_end = FakeRemote(lambda request: Reply(after_s=next(delays)))
    async with running(remote_on(tmp_path, far_end, lanes=4)) as remote:
        for number in range(20):
            remote.put_nowait(
                [batch(1 + key, key=key, time_ms=NOW_MS + number) for key in range(4)]
            )
            await trio.sleep(1)
        await trio.sleep(300)
    assert far_end.most_in_flight == 4
    assert len(far_end.accepted) == 20 * (1 + 2 + 3 + 4)
    of_lane_3 = [time_ms for name, _, time_ms in far_end.accepted if name == "metric_00003"]
    assert of_lane_3 == sorted(of_lane_3)


async def test_a_hold_is_one_state_of_the_remote(tmp_path: Path, autojump_clock: MockClock) -> None:
    far_end = FakeRemote(always(403))
    async with running(remote_on(tmp_path, far_end, lanes=4)) as remote:
        remote.put_nowait([batch(1, key=0)])
        await trio.sleep(2)
        remote.put_nowait([batch(1, key=key) for key in (1, 2, 3)])
        await trio.sleep(5)
        assert len(far_end.requests) == 1


# The real client through the same cases


@pytest.mark.parametrize(
    ("replies", "attempts", "dropped"),
    [
        pytest.param([answer(204)], 1, {}, id="a success"),
        pytest.param([answer(503), answer(200)], 2, {}, id="a passing failure"),
        pytest.param([b"", answer(200)], 2, {}, id="no answer"),
        pytest.param([answer(400, b"no")], 1, {"refused": 3}, id="a refusal"),
        pytest.param([answer(500, b"x" * 100_000), answer(200)], 2, {}, id="an endless error"),
        pytest.param(
            [b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"], 1, {}, id="half a success"
        ),
    ],
)
async def test_the_real_client(
    replies: list[bytes],
    attempts: int,
    dropped: dict[str, int],
    tmp_path: Path,
    autojump_clock: MockClock,
) -> None:
    left = list(replies)

    def script(request: Received) -> bytes:
        return left.pop(0) if left else answer(500)

    async with trio.open_nursery() as nursery:
        server = ScriptedServer(nursery, script)
        async with running(remote_on(tmp_path, client_of(server))) as remote:
            remote.put_nowait([batch(3)])
            await trio.sleep(70)
            assert remote.statistics().dropped_samples == dropped
            assert remote.statistics().pending_samples == 0
        nursery.cancel_scope.cancel()
    assert len(server.requests) == attempts
    assert {len(samples_of(request.body)) for request in server.requests} == {3}
    assert server.requests[0].header("user-agent") == "promferry/1.2.3"
    assert server.requests[-1].header("retry-attempt") == (None if attempts == 1 else "1")


def client_of(server: ScriptedServer) -> Poster:
    return Client(
        "http://127.0.0.1:9/write",
        HttpSettings(),
        contexts=TlsContexts(),
        user_agent="promferry/1.2.3",
        connector=server.connect,
    )


async def test_what_went_out_twice_is_not_called_refused(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    seen = await push(tmp_path, always(400, is_resent=True), count=40)
    assert len(seen.requests) == 1
    assert seen.statistics.dropped_samples == {"maybe_delivered": 40}


async def test_a_status_whose_body_was_cut_is_counted(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    cut = TransportError("closed", "in the middle", status=204, may_have_arrived=True)
    seen = await push(tmp_path, in_turn(cut))
    assert len(seen.requests) == 1
    assert seen.statistics.answers == {204: 1}
    assert seen.statistics.sent_samples_total == 3


async def test_a_remote_may_mean_something_else_by_a_status(
    tmp_path: Path, autojump_clock: MockClock
) -> None:
    far_end = FakeRemote(always(403))
    async with running(remote_on(tmp_path, far_end, answers={"403": "refuse"})) as remote:
        remote.put_nowait([batch(3)])
        await trio.sleep(100)
        found = remote.statistics()
    assert (len(far_end.requests), found.state) == (1, "ok")
    assert found.dropped_samples == {"refused": 3}
