"""Which directories are queues, and who uses them."""

import os
from pathlib import Path

import pytest

from pushqueue.directory import RealDirectory
from pushqueue.view import View, find_queues
from tests.pushqueue.real_queues import fill


def test_queues_of_a_data_path_of_its_folder_and_one_itself(tmp_path: Path) -> None:
    one, two = tmp_path / "queues" / "one", tmp_path / "queues" / "two"
    fill(one)
    fill(two)
    (tmp_path / "queues" / "three").mkdir()
    assert find_queues(tmp_path) == find_queues(tmp_path / "queues") == [one, two]
    assert find_queues(two) == [two]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        find_queues(tmp_path / "gone")


def test_the_owner_is_who_holds_the_lock(tmp_path: Path) -> None:
    fill(tmp_path)
    assert View(tmp_path).owner() is None
    directory = RealDirectory(tmp_path)
    directory.prepare()
    assert View(tmp_path).owner() == os.getpid()
    directory.release()
    assert View(tmp_path).owner() is None
