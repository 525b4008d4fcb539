"""What the host offers."""

import socket
from pathlib import Path

import pytest

from agent.commands.check_host import address_clashes, check_host
from agent.config.errors import Problems
from agent.settings import Settings
from pushqueue.settings import QueueSettings, RemoteSettings


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        pytest.param([":1", ":2"], [], id="two ports"),
        pytest.param(["127.0.0.1:1", "127.0.0.2:1"], [], id="two hosts"),
        pytest.param([":1", "127.0.0.1:1"], ["127.0.0.1:1 clashes with :1"], id="all and one"),
        pytest.param(["h:1", "h:1"], ["h:1 clashes with h:1"], id="the same"),
        pytest.param(["0.0.0.0:1", "h:1"], ["h:1 clashes with 0.0.0.0:1"], id="all in numbers"),
        pytest.param([":0", ":0"], [], id="any free port"),
    ],
)
def test_address_clashes(addresses: list[str], expected: list[str]) -> None:
    assert list(address_clashes(addresses)) == expected


def told(settings: Settings) -> tuple[list[str], list[str]]:
    problems = Problems()
    check_host(settings, problems)
    return [error.message for error in problems.errors], [w.message for w in problems.warnings]


def remote(least_percent: float) -> RemoteSettings:
    queue = QueueSettings(min_free_disk_percent=least_percent)
    return RemoteSettings(url="http://127.0.0.1:1/", key="a", queue=queue)


def test_an_address_that_is_taken_is_a_warning() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = Settings(listen_addresses=(f"127.0.0.1:{port}",))
        errors, (warning,) = told(settings)
    assert not errors
    assert warning.endswith("Address already in use, perhaps by a running agent")


def test_a_socket_needs_its_folder(tmp_path: Path) -> None:
    good, bad = f"unix:{tmp_path}/x", f"unix:{tmp_path}/gone/x"
    settings = Settings(listen_addresses=(good, bad))
    assert told(settings) == ([f"cannot listen on {bad}: {tmp_path}/gone is no directory"], [])


def test_a_data_path_that_is_not_there_yet_is_good(tmp_path: Path) -> None:
    settings = Settings(
        remotes=(remote(0.0),), data_path=str(tmp_path / "a" / "b"), listen_addresses=()
    )
    assert told(settings) == ([], [])
    assert not list(tmp_path.iterdir())


def test_a_disk_without_room_is_an_error(tmp_path: Path) -> None:
    settings = Settings(remotes=(remote(100.0),), data_path=str(tmp_path), listen_addresses=())
    (error,), _ = told(settings)
    assert error.endswith("100 % must stay free")


def test_a_place_where_nothing_can_be_written_is_an_error() -> None:
    settings = Settings(remotes=(remote(0.0),), data_path="/proc/promferry", listen_addresses=())
    (error,), _ = told(settings)
    assert error.startswith("/proc/promferry cannot be written: ")
