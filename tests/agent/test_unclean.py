from pathlib import Path

from agent.unclean import RunningMark


def test_a_run_that_was_stopped_leaves_nothing(tmp_path: Path) -> None:
    mark = RunningMark(tmp_path / "data")
    assert not mark.set()
    mark.clear()
    assert not RunningMark(tmp_path / "data").set()


def test_a_run_that_was_killed_is_told_by_the_next(tmp_path: Path) -> None:
    RunningMark(tmp_path).set()
    assert RunningMark(tmp_path).set()


def test_without_a_disk_nothing_is_known() -> None:
    mark = RunningMark(Path("/proc/nowhere"))
    assert not mark.set()
    mark.clear()
