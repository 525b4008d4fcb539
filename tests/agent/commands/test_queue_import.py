"""`promferry queue import`: what others scraped goes out as this agent would send it, once."""

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.commands.progress import Progress
from agent.commands.queue_change import time_ms
from agent.convert.imported import Found
from agent.flags.errors import FlagErrors
from agent.other_queues import other_queues
from cli import main
from pushqueue.block import Block
from pushqueue.codec import series_of
from pushqueue.directory import RealDirectory
from pushqueue.survey import read_blocks, survey
from pushqueue.wire.message import WireSeries
from tests.agent.convert.test_queues import GOOD, part, queue

CONFIG = """
global: {external_labels: {site: mill, job: never}}
remote_write:
- url: http://127.0.0.1:9/w
  name: central
  write_relabel_configs:
  - {source_labels: [__name__], regex: "go_.*", action: drop}
  - {source_labels: [site], target_label: place}
"""
Import = Callable[..., tuple[int, str, str]]


def text(word: str) -> bytes:
    return bytes([len(word)]) + word.encode()


def series(reference: int, **labels: str) -> bytes:
    pairs = b"".join(text(name) + text(value) for name, value in labels.items())
    return b"\x01" + struct.pack(">Q", reference) + bytes([len(labels)]) + pairs


def sample(reference: int, time: int) -> bytes:
    return b"\x02" + struct.pack(">Qq", reference, time) + b"\0\0" + struct.pack(">d", 1.5)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    records = (series(1, __name__="up", job="node"), series(2, __name__="go_x", job="node"),
               sample(1, 1000), sample(2, 1000), sample(1, 5000))  # fmt: skip
    wal = tmp_path / "agent" / "wal"
    wal.mkdir(parents=True)
    (wal / "00000000").write_bytes(b"".join(map(part, records)))
    return wal.parent


@pytest.fixture
def bring(tmp_path: Path, log: Path, capsys: pytest.CaptureFixture[str]) -> Import:
    config = tmp_path / "prometheus.yml"
    config.write_text(CONFIG)

    def run(*more: str, source: str = "prometheus", path: Path = log) -> tuple[int, str, str]:
        flags = [f"-promscrape.config={config}", f"-remoteWrite.tmpDataPath={tmp_path / 'agent'}"]
        code = main(["queue", "import", f"-from={source}", str(path), *more, *flags])
        return code, *capsys.readouterr()

    return run


def to_be_sent(path: Path) -> list[WireSeries]:
    directory = RealDirectory(path / "queues" / "central")
    found = [each for segment in survey(directory).segments
             for each in read_blocks(directory, segment, segment.pending)]  # fmt: skip
    return [each for block in found if isinstance(block, Block) for each in series_of(block)]


def test_prometheus_log_goes_out_with_external_labels_and_by_the_remotes_rules(
    bring: Import, log: Path
) -> None:
    code, out, _ = bring("-all", "-yes")
    assert code == 0
    assert "2 samples imported" in out
    assert "1 dropped by the remote's rules" in out
    labels = {"__name__": "up", "job": "node", "place": "mill", "site": "mill"}
    assert [dict(each.labels) for each in to_be_sent(log)] == [labels, labels]


def test_what_vmagent_stored_is_labelled_already(bring: Import, tmp_path: Path, log: Path) -> None:
    folder = tmp_path / "agent" / "persistent-queue"
    folder.mkdir()
    queue(folder / "1_A", b"".join(GOOD))
    assert bring("-yes", source="vmagent", path=tmp_path / "agent")[0] == 0
    assert dict(to_be_sent(log)[0].labels) == {"__name__": "t1", "b": "1"}


def test_a_dry_run_writes_nothing(bring: Import, log: Path) -> None:
    code, out, _ = bring("-since=1970-01-01T00:00:02Z")
    assert code == 0
    assert "1 Blocks, 1 samples, 1970-01-01T00:00:05Z" in out
    assert "1 older ones left out" not in out  # go_x is older, too
    assert "2 older ones left out" in out
    assert sorted(each.name for each in log.iterdir()) == ["wal"]


def test_where_there_is_no_log_or_nothing_new(bring: Import, tmp_path: Path) -> None:
    code, _, err = bring("-all", path=tmp_path)
    assert code == 2
    assert "there is no log of Prometheus" in err
    assert "there is nothing to import" in bring("-since=1h")[1]


def test_nothing_is_imported_twice_by_mistake(bring: Import, log: Path) -> None:
    bring("-all", "-yes")
    assert "imported at" in other_queues(log)[0]
    code, _, err = bring("-all", "-yes")
    assert code == 1
    assert "was imported at" in err
    assert "-force" in err
    assert bring("-all", "-yes", "-force")[0] == 0


def test_a_queue_that_grew_since_is_not_the_one_that_was_imported(bring: Import, log: Path) -> None:
    bring("-all", "-yes")
    with (log / "wal" / "00000000").open("ab") as file:
        file.write(part(sample(1, 9000)))
    assert "left alone" in other_queues(log)[0]
    assert "was imported" not in bring("-all")[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1.795522539e+09", 1795522539000, id="as Prometheus shows the metric"),
        pytest.param("1795522539.5", 1795522539500, id="seconds"),
        pytest.param("1970-01-01T00:00:05Z", 5000, id="a date"),
    ],
)
def test_since(text: str, expected: int) -> None:
    assert time_ms("since", text) == expected


def test_since_of_nothing_known() -> None:
    with pytest.raises(FlagErrors, match="Unix seconds"):
        time_ms("since", "yesterday")


def test_long_work_says_how_far_it_has_come(capsys: pytest.CaptureFixture[str]) -> None:
    found = Found(bytes_total=200, samples=7, newest_ms=5000)
    progress = Progress("read")
    progress(found)
    assert capsys.readouterr().err == ""  # what is done at once says nothing
    progress = Progress("read", told_s=-10.0)
    found.bytes_read = 50
    progress(found)
    assert capsys.readouterr().err == "25 %: 7 samples read, up to 1970-01-01T00:00:05Z\n"
