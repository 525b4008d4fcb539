"""vmagent's queue and Prometheus' log, damaged as disks damage them."""

import json
import struct
from pathlib import Path

import pytest
import snappy

from agent.convert import prometheus_wal, vmagent_queue
from agent.convert.imported import Found
from pushqueue.codec import series_of
from pushqueue.wire.message import Sample, WireSeries, write_v1

CHUNK = "0000000000000000"


def body(number: int, text: str = "1") -> bytes:
    value = Sample(struct.pack("<d", number), 1000 * number)
    series = WireSeries(labels=(("b", text), ("__name__", f"t{number}")), samples=(value,))
    return bytes(snappy.compress(b"".join(write_v1([series]))))


def record(data: bytes) -> bytes:
    return struct.pack(">Q", len(data)) + data


def queue(path: Path, data: bytes, *, reader: int = 0, writer: int | None = None) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    (path / CHUNK).write_bytes(data)
    end = len(data) if writer is None else writer
    told = {"Name": "1:x", "ReaderOffset": reader, "WriterOffset": end}
    (path / "metainfo.json").write_text(json.dumps(told))
    return path


def names(path: Path) -> tuple[list[str], Found]:
    found = Found()
    series = [each for block in vmagent_queue.blocks(path, found, 1) for each in series_of(block)]
    assert all(list(each.labels) == sorted(each.labels) for each in series)
    return [dict(each.labels)["__name__"] for each in series], found


GOOD = [record(body(number)) for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("data", "expected", "damages"),
    [
        pytest.param(b"".join(GOOD), ["t1", "t2", "t3"], 0, id="a good queue"),
        pytest.param(GOOD[2] + GOOD[0], ["t1", "t3"], 0, id="the oldest goes first"),
        pytest.param(GOOD[0] + record(b"\xff" * 9) + GOOD[1], ["t1", "t2"], 1, id="a bad body"),
        pytest.param(GOOD[0] + GOOD[1][:-3], ["t1"], 1, id="a torn tail"),
        pytest.param(GOOD[0] + bytes(8) + GOOD[1], ["t1"], 1, id="a length of nothing"),
        pytest.param(b"\xff" * 100, [], 1, id="no queue at all"),
    ],
)
def test_a_queue_of_vmagent(tmp_path: Path, data: bytes, expected: list[str], damages: int) -> None:
    told, found = names(queue(tmp_path, data))
    assert told == expected
    assert len(found.damages) == damages


def test_what_was_read_is_not_taken_again(tmp_path: Path) -> None:
    told, _ = names(queue(tmp_path, b"".join(GOOD), reader=len(GOOD[0])))
    assert told == ["t2", "t3"]


def test_a_queue_is_found_by_its_chunks_too(tmp_path: Path) -> None:
    path = queue(tmp_path / "persistent-queue" / "1_AB", GOOD[0])
    (path / "metainfo.json").unlink()
    assert vmagent_queue.find_queues(tmp_path) == [path]


def test_a_lost_metainfo_loses_nothing(tmp_path: Path) -> None:
    queue(tmp_path, b"".join(GOOD))
    (tmp_path / "metainfo.json").write_text("{")
    told, found = names(tmp_path)
    assert told == ["t1", "t2", "t3"]
    assert len(found.damages) == 1


SERIES = b"\x01" + struct.pack(">Q", 7) + b"\x01\x08__name__\x02up"
SAMPLES = b"\x02" + struct.pack(">Qq", 7, 1000) + b"\0\0" + struct.pack(">d", 1.0)
LATER = b"\x02" + struct.pack(">Qq", 7, 5000) + b"\0\0" + struct.pack(">d", 2.0)


def part(data: bytes, kind: int = 1) -> bytes:
    return struct.pack(">BHI", kind, len(data), prometheus_wal.crc32c(data)) + data


@pytest.mark.parametrize(
    ("data", "since_ms", "times", "damages"),
    [
        pytest.param(part(SERIES) + part(SAMPLES) + part(LATER), 0, [1000, 5000], 0, id="good"),
        pytest.param(part(SERIES) + part(SAMPLES) + part(LATER), 1000, [5000], 0, id="newer only"),
        pytest.param(part(SERIES) + part(SAMPLES[:9], 2) + part(SAMPLES[9:], 4), 0, [1000], 0,
                     id="a record in two parts"),
        pytest.param(part(SERIES) + part(bytes(snappy.compress(SAMPLES)), 9), 0, [1000], 0,
                     id="a compressed record"),
        pytest.param(part(SERIES) + part(SAMPLES)[:-1] + b"x" + part(LATER), 0, [], 1,
                     id="a wrong checksum costs the page"),
        pytest.param(part(SAMPLES), 0, [], 1, id="samples of no series"),
        pytest.param(part(SERIES) + part(SAMPLES[:20]), 0, [], 1, id="a record that ends early"),
        pytest.param(bytes(100), 0, [], 0, id="zeros"),
    ],
)  # fmt: skip
def test_a_log_of_prometheus(
    tmp_path: Path, data: bytes, since_ms: int, times: list[int], damages: int
) -> None:
    (tmp_path / "00000000").write_bytes(data)
    found = Found()
    blocks = list(prometheus_wal.blocks(tmp_path, found, 1, since_ms))
    read = [one.timestamp_ms for block in blocks for s in series_of(block) for one in s.samples]
    assert read == times
    assert len(found.damages) == damages


def test_the_checksum_is_castagnolis() -> None:
    assert prometheus_wal.crc32c(b"123456789") == 0xE3069283
