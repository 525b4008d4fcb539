"""The copy of a damaged queue holds what is good, in order, and no more is sent than before."""

from pathlib import Path

from pushqueue.directory import RealDirectory
from pushqueue.repair import Repaired, repair
from pushqueue.survey import survey, verify
from pushqueue.view import View
from tests.pushqueue.blocks import number_of
from tests.pushqueue.real_queues import drain, fill, flip, segment_files


def repaired(path: Path, target: Path) -> Repaired:
    copy = RealDirectory(target)
    copy.prepare()
    result = repair(View(path), survey(View(path)), copy)
    copy.release()
    return result


def test_good_records_survive_and_the_damaged_are_counted(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    fill(source, acknowledged=2)
    first, second, *_ = segment_files(source)
    flip(first, 32 + 64 + 5 + 2 * 164)  # the payload of Block 3
    second.write_bytes(second.read_bytes()[: 32 + 10])  # a torn header
    result = repaired(source, target)
    assert result.lost.blocks == 1
    assert len(result.places) == 2
    found = survey(View(target))
    assert all(segment.is_finished and not segment.damages for segment in found.segments)
    assert not any(verify(View(target), segment).bad for segment in found.segments)
    expected = [number_of(block) for block in drain(source)]
    assert [number_of(block) for block in drain(target)] == expected
    assert expected
    assert not set(expected) & {1, 2, 3}


def test_a_sound_queue_is_copied_whole(tmp_path: Path) -> None:
    fill(tmp_path / "a")
    result = repaired(tmp_path / "a", tmp_path / "b")
    assert (result.copied.blocks, result.copied.samples, result.places) == (10, 20, [])
    assert [number_of(block) for block in drain(tmp_path / "b")] == list(range(1, 11))


def test_what_is_not_ours_is_copied_or_named(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    fill(source)
    newer = segment_files(source)[0]
    data = bytearray(newer.read_bytes())
    data[8] = 9
    newer.write_bytes(data)
    (source / "notes.txt").touch()
    assert repaired(source, target).not_copied == ["notes.txt"]
    assert (target / newer.name).read_bytes() == bytes(data)


def test_what_an_agent_has_sent_meanwhile_is_named(tmp_path: Path) -> None:
    source, target = tmp_path / "a", tmp_path / "b"
    fill(source)
    found = survey(View(source))
    first, *others = segment_files(source)
    first.unlink()
    copy = RealDirectory(target)
    copy.prepare()
    result = repair(View(source), found, copy)
    copy.release()
    assert result.not_copied == [f"{first.name} (gone meanwhile)"]
    assert [path.name for path in segment_files(target)] == [path.name for path in others]
