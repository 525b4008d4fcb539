"""What is still to be sent, what is damaged, and that looking changes nothing."""

from pathlib import Path

from pushqueue.block import Block
from pushqueue.survey import read_blocks, survey, verify
from pushqueue.view import View
from tests.pushqueue.blocks import number_of
from tests.pushqueue.real_queues import drain, fill, flip, segment_files


def pending_numbers(path: Path) -> list[int]:
    view = View(path)
    found = survey(view)
    blocks = [
        block for segment in found.segments for block in read_blocks(view, segment, segment.pending)
    ]
    return [number_of(block) for block in blocks if isinstance(block, Block)]


def test_what_is_pending_is_what_an_agent_would_send(tmp_path: Path) -> None:
    fill(tmp_path, acknowledged=4)
    fill(tmp_path, range(11, 15))
    seen = pending_numbers(tmp_path)
    assert seen == [*range(5, 11), *range(11, 15)]
    assert seen == [number_of(block) for block in drain(tmp_path)]


def test_looking_changes_nothing(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "lock").unlink()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    found = survey(View(tmp_path))
    for segment in found.segments:
        verify(View(tmp_path), segment)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_flipped_payload_is_found_by_verifying(tmp_path: Path) -> None:
    fill(tmp_path)
    flip(segment_files(tmp_path)[0], 32 + 64 + 5)
    found = survey(View(tmp_path))
    assert not found.segments[0].damages
    checked = verify(View(tmp_path), found.segments[0])
    assert [header.sequence for header, _ in checked.bad] == [1]
    assert checked.good.blocks == len(found.segments[0].headers) - 1


def test_a_segment_of_a_later_version_is_a_problem_not_damage(tmp_path: Path) -> None:
    fill(tmp_path)
    path = segment_files(tmp_path)[0]
    data = bytearray(path.read_bytes())
    data[8] = 9
    path.write_bytes(data)
    first = survey(View(tmp_path)).segments[0]
    assert "version 9" in first.problem
    assert first.file_bytes == len(data)


def test_garbage_for_positions_is_told(tmp_path: Path) -> None:
    fill(tmp_path, acknowledged=1)
    (tmp_path / "positions").write_bytes(b"garbage" * 2000)
    found = survey(View(tmp_path))
    assert found.is_positions_bad
    assert not found.positions


def test_foreign_files_are_named(tmp_path: Path) -> None:
    fill(tmp_path)
    (tmp_path / "notes.txt").touch()
    assert survey(View(tmp_path)).foreign == ("notes.txt",)
