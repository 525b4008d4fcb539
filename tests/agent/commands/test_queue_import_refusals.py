"""`promferry queue import`: what it says first, what it refuses, how it goes on."""

import fcntl
import json
import random
from pathlib import Path

import pytest

from agent.import_marks import FOLDER
from cli import main
from pushqueue.codec import series_of
from pushqueue.directory import RealDirectory
from pushqueue.store import Store
from tests.agent.convert.test_queues import (
    GOOD,
    LATER,
    SAMPLES,
    SERIES,
    body,
    part,
    queue,
    record,
)

URL = "http://127.0.0.1:9/w"


@pytest.fixture
def vmagent(tmp_path: Path) -> Path:
    """Three samples of vmagent's, at 1, 2 and 3 s."""
    return queue(tmp_path / "old" / "persistent-queue" / "1_AB", b"".join(GOOD))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Two samples of Prometheus', at 1 and 5 s."""
    folder = tmp_path / "agent" / "wal"
    folder.mkdir(parents=True)
    (folder / "00000000").write_bytes(part(SERIES) + part(SAMPLES) + part(LATER))
    return folder.parent


def run(tmp_path: Path, program: str, path: Path, *more: str) -> int:
    flags = [f"-remoteWrite.tmpDataPath={tmp_path / 'new'}"]
    for name, value in (("remoteWrite.url", URL), ("remoteWrite.minFreeDiskSpace", "0%")):
        if not any(word.startswith(f"-{name}=") for word in more):
            flags.append(f"-{name}={value}")
    return main(["queue", "import", f"-from={program}", str(path), *flags, *more])


def stored(tmp_path: Path) -> list[int]:
    """The times of all samples in the queue, as they are to be sent."""
    (folder,) = (tmp_path / "new" / "queues").iterdir()
    store = Store(RealDirectory(folder), lanes=4)
    store.open()
    times = []
    try:
        while block := store.next_block(0):
            times += [s.timestamp_ms for one in series_of(block) for s in one.samples]
            store.acknowledge(block)
    finally:
        store.close()
    return times


def test_a_dry_run_says_what_is_there_and_writes_nothing(
    tmp_path: Path, vmagent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "vmagent", vmagent) == 0
    told = capsys.readouterr().out
    assert "3 Blocks, 3 samples, 1970-01-01T00:00:01Z to 1970-01-01T00:00:03Z" in told
    assert "0 damaged places" in told
    assert "repeat with -yes" in told
    assert not (tmp_path / "new").exists()


def test_damage_is_counted_and_the_rest_imported(
    tmp_path: Path, vmagent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue(vmagent, GOOD[0] + record(b"\xff" * 9) + GOOD[1] + GOOD[2][:-1])
    assert run(tmp_path, "vmagent", tmp_path / "old") == 1
    told = capsys.readouterr().out
    assert "2 Blocks, 2 samples" in told
    assert "2 damaged places" in told
    assert run(tmp_path, "vmagent", tmp_path / "old", "-yes") == 0
    assert stored(tmp_path) == [1000, 2000]


def test_many_damages_are_counted_and_some_shown(
    tmp_path: Path, vmagent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue(vmagent, record(b"\xff" * 9) * 500)
    assert run(tmp_path, "vmagent", vmagent) == 1
    told = capsys.readouterr().out
    assert "and 480 more damaged places" in told
    assert told.count("\n") < 30


def test_the_tail_of_a_log_is_what_is_newer(
    tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "prometheus", log, "-since=1970-01-01T00:00:01Z", "-yes") == 0
    assert "1 older ones left out" in capsys.readouterr().out
    assert stored(tmp_path) == [5000]


@pytest.mark.parametrize(
    ("program", "name", "more", "message"),
    [
        pytest.param("vmagent", "gone", (), "No such file", id="a directory that is not there"),
        pytest.param("vmagent", "empty", (), "there is no queue", id="a directory without a queue"),
        pytest.param("vmagent", "agent", (), "there is no queue", id="Prometheus' for vmagent's"),
        pytest.param("prometheus", "old", ("-all",), "no log of Prometheus", id="vmagent's for it"),
        pytest.param("prometheus", "agent", (), "the log does not say what was sent", id="no time"),
        pytest.param("telegraf", "old", (), "must be vmagent or prometheus", id="another program"),
        pytest.param("vmagent", "old", ("-remoteWrite.url=http://a/w,http://b/w",),
                     "must name one of", id="two remotes"),
        pytest.param("vmagent", "old", ("-remote=other",), "must name one of", id="no such remote"),
        pytest.param("vmagent", "old", ("-remoteWrite.maxDiskUsagePerURL=1MiB",), "", id="room"),
    ],
)  # fmt: skip
def test_wrong_usage_is_told(
    program: str, name: str, more: tuple[str, ...], message: str, tmp_path: Path, vmagent: Path,
    log: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "empty").mkdir()
    code = run(tmp_path, program, tmp_path / name, *more, "-yes")
    assert (code == 0) is (message == "")
    assert message in capsys.readouterr().err


def test_one_of_several_queues_must_be_chosen(
    tmp_path: Path, vmagent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue(vmagent.parent / "2_CD", GOOD[1])
    assert run(tmp_path, "vmagent", tmp_path / "old") == 2
    assert "1_AB" in (told := capsys.readouterr().err)
    assert "2_CD" in told


@pytest.mark.parametrize(
    ("program", "lock"),
    [
        pytest.param("vmagent", "old/persistent-queue/1_AB/flock.lock", id="vmagent"),
        pytest.param("prometheus", "agent/lock", id="Prometheus"),
    ],
)
def test_an_agent_that_still_runs_is_noticed(
    program: str, lock: str, tmp_path: Path, vmagent: Path, log: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    path = vmagent if program == "vmagent" else log
    with (tmp_path / lock).open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert run(tmp_path, program, path, *(["-all"] if path is log else []), "-yes") == 1
    assert "lock is locked): stop the other agent first" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_second_import_of_the_same_queue_is_refused(
    tmp_path: Path, vmagent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "vmagent", vmagent, "-yes") == 0
    assert stored(tmp_path) == [1000, 2000, 3000]  # and so delivered
    assert run(tmp_path, "vmagent", vmagent, "-yes") == 1
    assert "-force imports it again" in capsys.readouterr().err
    assert run(tmp_path, "vmagent", vmagent, "-yes", "-force") == 0
    assert stored(tmp_path) == [1000, 2000, 3000]


def test_a_queue_with_newer_data_is_not_put_before(
    tmp_path: Path, vmagent: Path, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "prometheus", log, "-all", "-yes") == 0
    assert run(tmp_path, "vmagent", vmagent, "-yes") == 1
    assert "would be sent before the older ones" in capsys.readouterr().err
    assert run(tmp_path, "vmagent", vmagent, "-yes", "-force") == 0
    assert stored(tmp_path) == [1000, 5000, 1000, 2000, 3000]


def test_an_import_that_was_cut_off_goes_on(
    tmp_path: Path, vmagent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue(vmagent, b"".join(record(body(number)) for number in range(40)))
    assert run(tmp_path, "vmagent", vmagent, "-yes") == 0
    (told,) = (tmp_path / "new" / FOLDER).iterdir()
    mark = {**json.loads(told.read_text()), "blocks": 32, "is_whole": False}
    told.write_text(json.dumps(mark))  # as it stood before the last group
    assert run(tmp_path, "vmagent", vmagent, "-yes") == 0
    assert "32 Blocks are there already" in capsys.readouterr().out
    assert stored(tmp_path) == [*range(0, 40000, 1000), *range(32000, 40000, 1000)]


def test_what_the_bound_of_the_disk_would_not_hold_is_refused_first(
    tmp_path: Path, vmagent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = (random.Random(1).randbytes(300_000).hex() for _ in range(4))  # incompressible, nearly
    queue(vmagent, b"".join(record(body(number, text)) for number, text in enumerate(large)))
    bound = "-remoteWrite.maxDiskUsagePerURL=1MiB"
    assert run(tmp_path, "vmagent", vmagent, bound, "-yes") == 1
    assert "the bound of the remote is 1048576" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_disk_without_room_is_told_first(
    tmp_path: Path, vmagent: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "vmagent", vmagent, "-remoteWrite.minFreeDiskSpace=100%", "-yes") == 1
    assert "are free at" in capsys.readouterr().err


def test_a_mark_that_is_broken_counts_as_none(tmp_path: Path, vmagent: Path) -> None:
    (tmp_path / "new" / FOLDER).mkdir(parents=True)
    (tmp_path / "new" / FOLDER / "x").write_bytes(b"\xff{")
    assert run(tmp_path, "vmagent", vmagent, "-yes") == 0
