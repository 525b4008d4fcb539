"""What cannot be taken now is answered by 429 or 503 with a time, and is taken when sent again."""

import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.durability.far_end import FarEnd
from tests.durability.faulty_disk import FaultyDisk
from tests.integration.gate import Gate
from tests.integration.numbered_pushes import Pusher, numbered
from tests.integration.process import wait_until


def test_a_full_memory_is_429_and_what_was_taken_arrives(tmp_path: Path) -> None:
    flags = [
        "-remoteWrite.disableOnDiskQueue",
        "-memory.allowedBytes=4MiB",  # of which a queue has 1 MiB
        "-remoteWrite.flushInterval=50ms",
        "-remoteWrite.retryMinInterval=100ms",
        "-remoteWrite.retryMaxInterval=200ms",
    ]
    with FarEnd() as far_end, Gate(far_end.port) as gate:
        gate.shut()
        url = f"http://127.0.0.1:{gate.port}/api/v1/write"
        with Pusher(tmp_path, url, flags) as pusher:
            taken, refused = set(), -1
            for number in range(200):
                status, retry_after = pusher.push(numbered(number, bulk=500))
                if status == 429:
                    assert retry_after is not None
                    assert int(retry_after) > 0
                    refused = number
                    break
                assert status == 204
                taken.add(number)
            assert refused > 0, "it was never full"
            gate.open()
            body = numbered(refused, bulk=500)
            wait_until(lambda: pusher.push(body)[0] == 204, "room for what was refused")
            wanted = {*taken, refused}
            wait_until(lambda: wanted <= far_end.arrivals().keys(), f"all of {len(wanted)}")


def test_too_many_at_once_is_503_and_the_next_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultyDisk(tmp_path / "data" / "queues", tmp_path)
    for name, value in disk.environment.items():
        monkeypatch.setenv(name, value)
    flags = ["-maxConcurrentInserts=1", "-insert.maxQueueDuration=100ms", "-push.ack=durable"]
    with Pusher(tmp_path, "http://127.0.0.1:9/api/v1/write", flags) as pusher:
        with disk.slow(1), ThreadPoolExecutor(3) as pool:
            answers = set(pool.map(pusher.push, map(numbered, range(3))))
        assert answers == {(204, None), (503, "5")}
        wait_until(lambda: pusher.push(numbered(2))[0] == 204, "the turn is free")


def test_who_stops_sending_costs_nobody_a_turn(tmp_path: Path) -> None:
    flags = ["-maxConcurrentInserts=1", "-insert.maxQueueDuration=100ms"]
    head = b"POST /api/v1/write HTTP/1.1\r\nhost: x\r\ncontent-length: 33000000\r\n\r\n"
    with Pusher(tmp_path, "http://127.0.0.1:9/api/v1/write", flags) as pusher, ExitStack() as held:
        for _ in range(20):
            half_open = socket.create_connection(("127.0.0.1", pusher.agent.port))
            held.enter_context(closing(half_open))
            half_open.sendall(head + b"x")
        assert pusher.push(numbered(1)) == (204, None)
