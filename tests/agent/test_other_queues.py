"""A queue of another agent is named with its size."""

from pathlib import Path

from agent.other_queues import other_queues


def test_a_vmagent_queue_is_named_with_its_size(tmp_path: Path) -> None:
    chunk = tmp_path / "persistent-queue" / "1_ABC" / "0000000000000000"
    chunk.parent.mkdir(parents=True)
    chunk.write_bytes(bytes(1234))
    (told,) = other_queues(tmp_path)
    assert told.startswith(f"{tmp_path}/persistent-queue: a queue of vmagent with 1234 bytes")


def test_nothing_is_said_of_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "persistent-queue").mkdir()
    (tmp_path / "queues").mkdir()
    assert other_queues(tmp_path) == []
    assert other_queues(tmp_path / "gone") == []
