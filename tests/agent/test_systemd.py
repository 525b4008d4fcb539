import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio

from agent.systemd import Notifier


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.setblocking(False)
        yield listener


def environment(listener: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": listener.getsockname(), **more}


def heard(listener: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(listener.recv(4096).decode().splitlines()[0])
        except BlockingIOError:
            return messages


def test_systemd_hears_when_it_is_ready_and_when_it_stops(systemd: socket.socket) -> None:
    notifier = Notifier.of(environment(systemd))
    notifier.ready()
    notifier.stopping()
    assert heard(systemd) == ["READY=1", "STOPPING=1"]


async def test_the_watchdog_is_fed_twice_within_its_time(
    systemd: socket.socket, autojump_clock: trio.testing.MockClock
) -> None:
    notifier = Notifier.of(environment(systemd, WATCHDOG_USEC="10000000"))
    with trio.move_on_after(12):
        await notifier.run()
    assert heard(systemd) == ["WATCHDOG=1"] * 3


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="no watchdog"),
        pytest.param({"WATCHDOG_USEC": "soon"}, id="nonsense"),
        pytest.param({"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}, id="of another process"),
    ],
)
async def test_without_a_watchdog_nothing_runs(
    systemd: socket.socket, more: dict[str, str]
) -> None:
    await Notifier.of(environment(systemd, **more)).run()
    assert heard(systemd) == []


@pytest.mark.parametrize(
    "environ",
    [
        pytest.param({}, id="started by hand"),
        pytest.param({"NOTIFY_SOCKET": "nonsense"}, id="no path"),
        pytest.param({"NOTIFY_SOCKET": "/nowhere/notify"}, id="nobody listens"),
    ],
)
async def test_where_nobody_listens_nothing_happens(environ: dict[str, str]) -> None:
    notifier = Notifier.of(environ)
    notifier.ready()
    notifier.stopping()
    await notifier.run()


def test_an_abstract_address() -> None:
    name = f"promferry-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        listener.setblocking(False)
        Notifier.of({"NOTIFY_SOCKET": "@" + name}).ready()
        assert heard(listener) == ["READY=1"]
