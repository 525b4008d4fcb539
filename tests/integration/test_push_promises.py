"""`-push.ack=durable`: who was answered 2xx finds its samples at the remote, whatever happens.

The agent is killed at random moments and started again on the same directory; the disk fills up.
"""

import os
import random
import time
from itertools import count
from pathlib import Path
from threading import Event, Thread

import pytest

from tests.durability.far_end import FarEnd
from tests.durability.faults import mounted
from tests.durability.faulty_disk import FaultyDisk
from tests.durability.weather import DOWN, FLAPPING, weather
from tests.integration.gate import Gate
from tests.integration.numbered_pushes import Pusher, numbered
from tests.integration.process import wait_until

DURABLE = [
    "-push.ack=durable",
    "-remoteWrite.flushInterval=50ms",
    "-remoteWrite.retryMinInterval=100ms",
    "-remoteWrite.retryMaxInterval=500ms",
]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
THREADS = 4


class Senders:
    """Threads that push one number after the other, and note those that were answered 204.

    A number that is not answered so is not sent again: nothing was promised of it.
    """

    def __init__(self, pusher: Pusher) -> None:
        self.promised: set[int] = set()
        self._pusher = pusher
        self._numbers = count()
        self._over = Event()
        self._threads = [Thread(target=self._run) for _ in range(THREADS)]

    def __enter__(self) -> "Senders":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            number = next(self._numbers)
            try:
                if self._pusher.push(numbered(number))[0] == 204:
                    self.promised.add(number)
            except OSError:  # it is being killed
                self._over.wait(0.02)
            except Exception:  # an answer that was cut
                self._over.wait(0.02)


def check_kills(path: Path, *, kind: str, rounds: int) -> None:
    dice = random.Random(rounds)
    with (
        FarEnd() as far_end,
        Gate(far_end.port) as gate,
        Pusher(path, f"http://127.0.0.1:{gate.port}/api/v1/write", DURABLE) as pusher,
    ):
        with weather(gate, kind, dice), Senders(pusher) as senders:
            for _ in range(rounds):
                before = len(senders.promised)
                # Half a second for some; others are killed when they have hardly begun.
                wait_until(lambda least=before: len(senders.promised) > least, "a promise")  # type: ignore[misc]
                time.sleep(dice.uniform(0.0, 0.5))
                pusher.agent.process.kill()
                pusher.agent.start()
        promised = set(senders.promised)
        print(kind, len(promised), "promised in", rounds, "rounds")
        assert len(promised) > 3 * rounds
        wait_until(
            lambda: promised <= far_end.arrivals().keys(),
            "everything that was promised",
            timeout_s=60,
            evidence=lambda: f"{sorted(promised - far_end.arrivals().keys())}",
        )


def test_what_was_promised_survives_kills(tmp_path: Path) -> None:
    check_kills(tmp_path, kind=DOWN, rounds=2)


@pytest.mark.long
@pytest.mark.parametrize("kind", [DOWN, FLAPPING])
def test_what_was_promised_survives_thirty_kills(tmp_path: Path, kind: str) -> None:
    check_kills(tmp_path, kind=kind, rounds=30)


def check_refusal_and_return(pusher: Pusher, gate: Gate, far_end: FarEnd) -> None:
    """Pushes until one is refused for want of disk; it is taken later, and all of them arrive."""
    taken: set[int] = set()
    for number in range(300):
        status, retry_after = pusher.push(numbered(number, bulk=1000))
        if status != 204:
            break
        taken.add(number)
    assert status in (429, 503)
    assert retry_after is not None
    assert int(retry_after) > 0
    assert taken
    assert taken.isdisjoint(far_end.arrivals())
    gate.open()
    again = numbered(number, bulk=1000)
    wait_until(lambda: pusher.push(again)[0] == 204, "the disk takes it", timeout_s=60)
    wanted = {*taken, number}
    wait_until(lambda: wanted <= far_end.arrivals().keys(), "all of them", timeout_s=60)


@AS_ROOT
def test_a_full_disk_is_told_and_what_was_promised_arrives(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    flags = [*DURABLE, "-remoteWrite.minFreeDiskSpace=0%"]
    with mounted(tmp_path / "data"), FarEnd() as far_end, Gate(far_end.port) as gate:
        gate.shut()
        url = f"http://127.0.0.1:{gate.port}/api/v1/write"
        with Pusher(tmp_path, url, flags) as pusher:
            check_refusal_and_return(pusher, gate, far_end)


def test_a_disk_that_does_not_sync_is_503_until_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FaultyDisk(tmp_path / "data" / "queues", tmp_path)
    for name, value in disk.environment.items():
        monkeypatch.setenv(name, value)
    with (
        FarEnd() as far_end,
        Gate(far_end.port) as gate,
        Pusher(tmp_path, f"http://127.0.0.1:{gate.port}/api/v1/write", DURABLE) as pusher,
    ):
        gate.shut()
        assert pusher.push(numbered(0)) == (204, None)
        with disk.failing(fsync="EIO"):
            wait_until(lambda: pusher.push(numbered(1)) == (503, "5"), "503")
        wait_until(lambda: pusher.push(numbered(1)) == (204, None), "204")
        pusher.agent.process.kill()
        gate.open()
        pusher.agent.start()
        wait_until(lambda: {0, 1} <= far_end.arrivals().keys(), "both numbers")
