"""The real directory, and the fake one that the other tests stand on: one test for both."""

import contextlib
import errno
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pushqueue.directory import Directory, RealDirectory
from pushqueue.errors import QueueError
from tests.pushqueue.fake_directory import Disk, FakeDirectory, Node

Make = Callable[[], Directory]


@pytest.fixture(params=["real", "fake"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Gives views of one and the same directory, as several processes have them."""
    if request.param == "real":
        return lambda: RealDirectory(tmp_path / "queue")
    disk = Disk()
    return lambda: FakeDirectory(disk)


def test_what_is_written_is_read(make: Make) -> None:
    directory = make()
    directory.prepare()
    file = directory.open("a", create=True)
    file.write_at(0, b"hello")
    file.write_at(8, b"world")
    file.sync()
    directory.sync()
    file.close()
    again = directory.open("a")
    assert again.read_at(0, 100) == b"hello\0\0\0world"
    assert again.read_at(3, 4) == b"lo\0\0"
    assert again.read_at(50, 4) == b""
    assert again.size() == 13
    again.close()
    directory.release()


def test_a_file_is_cut_and_grown(make: Make) -> None:
    directory = make()
    directory.prepare()
    file = directory.open("a", create=True)
    file.write_at(0, b"hello")
    file.truncate(2)
    assert file.read_at(0, 9) == b"he"
    file.truncate(4)
    assert file.read_at(0, 9) == b"he\0\0"
    file.close()
    directory.release()


def test_names_come_and_go(make: Make) -> None:
    directory = make()
    directory.prepare()
    directory.open("b", create=True).close()
    directory.open("a", create=True).close()
    assert directory.names() == ["a", "b", "lock"]
    directory.remove("a")
    assert directory.names() == ["b", "lock"]
    directory.release()


def test_a_removed_file_can_be_told(make: Make) -> None:
    directory = make()
    directory.prepare()
    file = directory.open("a", create=True)
    assert file.is_named()
    directory.remove("a")
    assert not file.is_named()
    file.close()
    directory.release()


def test_creating_an_existing_file_keeps_it(make: Make) -> None:
    directory = make()
    directory.prepare()
    file = directory.open("a", create=True)
    file.write_at(0, b"x")
    again = directory.open("a", create=True)
    assert again.read_at(0, 9) == b"x"
    file.close()
    again.close()
    directory.release()


@pytest.mark.parametrize(
    "action",
    [
        pytest.param(lambda directory: directory.open("gone"), id="opening"),
        pytest.param(lambda directory: directory.remove("gone"), id="removing"),
    ],
)
def test_a_missing_file_is_told(make: Make, action: Callable[[Directory], object]) -> None:
    directory = make()
    directory.prepare()
    with pytest.raises(FileNotFoundError):
        action(directory)
    directory.release()


def test_a_directory_has_one_user_at_a_time(make: Make) -> None:
    first, second = make(), make()
    first.prepare()
    with pytest.raises(QueueError, match="another process uses it"):
        second.prepare()
    first.release()
    second.prepare()
    second.release()


def test_free_space_is_told(make: Make) -> None:
    directory = make()
    directory.prepare()
    free, size = directory.free_bytes()
    assert 0 < free <= size
    directory.release()


# The real one alone


def test_check_names_the_path_and_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(QueueError, match=r"file/queue: Not a directory; give a path that"):
        RealDirectory(tmp_path / "file" / "queue").check()


def test_check_refuses_a_directory_that_is_not_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with as_nobody(), pytest.raises(QueueError, match="Permission denied"):
        RealDirectory(tmp_path / "queue").check()


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write anywhere, so it steps aside for a moment."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_check_leaves_nothing_locked(tmp_path: Path) -> None:
    RealDirectory(tmp_path).check()
    directory = RealDirectory(tmp_path)
    directory.prepare()
    directory.release()


# The fake one alone


def test_a_power_cut_keeps_what_was_synced() -> None:
    disk = Disk()
    directory = FakeDirectory(disk)
    file = directory.open("a", create=True)
    file.write_at(0, b"synced")
    file.sync()
    directory.sync()
    file.write_at(6, b"lost or not")
    directory.open("b", create=True)
    seen = set()
    for seed in range(50):
        copy = Disk(nodes=dict(disk.nodes), durable_nodes=dict(disk.durable_nodes))
        copy.nodes["a"] = copy.durable_nodes["a"] = _clone(disk, "a")
        copy.cut_power(random.Random(seed))
        seen.add((bytes(copy.nodes["a"].data), "b" in copy.nodes))
    assert all(data.startswith(b"synced") for data, _ in seen)
    assert {len(data) > 6 for data, _ in seen} == {True, False}
    assert {is_there for _, is_there in seen} == {True, False}


def _clone(disk: Disk, name: str) -> Node:
    node = disk.nodes[name]
    return Node(bytearray(node.data), bytearray(node.durable), list(node.unsynced))


def test_a_killed_process_loses_no_write() -> None:
    disk = Disk()
    FakeDirectory(disk).open("a", create=True).write_at(0, b"x")
    disk.kill()
    assert FakeDirectory(disk).open("a").read_at(0, 9) == b"x"


def test_a_full_disk_takes_a_part_of_the_write() -> None:
    disk = Disk(capacity=4)
    file = FakeDirectory(disk).open("a", create=True)
    with pytest.raises(OSError, match="no space left") as info:
        file.write_at(0, b"abcdef")
    assert info.value.errno == errno.ENOSPC
    assert file.read_at(0, 9) == b"abcd"
