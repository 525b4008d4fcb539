"""What remotes refused: written, bounded, read back."""

import json
from array import array
from pathlib import Path
from typing import Any

import pytest
import trio

from pushqueue.block import Block, Encoding
from pushqueue.encode import Encoder, Limits
from pushqueue.rejected import (
    MAX_FILE_BYTES,
    MAX_KNOWN,
    MAX_SAMPLES,
    Known,
    RejectedFile,
    Rejection,
    read_rejected,
)
from pushqueue.rejected_log import MAX_WAITING, RejectedLog
from pushqueue.wire.part import Part
from series.batch import Batch
from series.labels import canonical
from series.layout import Layout
from series.template import Template

TIME_MS = 1_795_514_400_000
ENCODINGS = [Encoding.RW1_SNAPPY, Encoding.RW1_ZSTD, Encoding.RW2_SNAPPY]


def block(
    count: int = 1, *, encoding: Encoding = Encoding.RW1_SNAPPY, value: float = 1.5, text: str = "x"
) -> Block:
    templates = [
        Template.constant(canonical({"__name__": "load", "n": f"{text}{at}"}))
        for at in range(count)
    ]
    batch = Batch(
        lane_key=1,
        layout=Layout(tuple(templates)),
        values=array("d", [value] * count),
        timestamps=TIME_MS,
    )
    encoder = Encoder(Limits(max_bytes=32 * 2**20))
    (found,) = encoder.encode([Part(batch, 0, count)], encoding, lane=0, created_ms=TIME_MS)
    return found


def rejection(part: Block | None = None, **changes: Any) -> Rejection:
    fields = {"part": part or block(), "words": "400: no", "kind": "refused", "time_ms": TIME_MS}
    return Rejection(**{**fields, **changes})


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_refusal_is_read_back(tmp_path: Path, encoding: Encoding) -> None:
    file = RejectedFile(tmp_path / "rejected", "far", "far")
    file.write([rejection(block(2, encoding=encoding))])
    (found,) = read_rejected(tmp_path / "rejected")
    assert (found.time, found.remote, found.kind, found.words) == (
        "2026-11-24T10:00:00Z",
        "far",
        "refused",
        "400: no",
    )
    assert [sample["labels"]["n"] for sample in found.samples] == ["x0", "x1"]
    assert found.samples[0]["value"] == "1.5"
    assert found.samples[0]["timestamp"] == TIME_MS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(float("nan"), "NaN", id="not a number"),
        pytest.param(float("inf"), "+Inf", id="infinity"),
        pytest.param(-float("inf"), "-Inf", id="minus infinity"),
    ],
)
def test_every_line_is_valid_json(tmp_path: Path, value: float, text: str) -> None:
    RejectedFile(tmp_path, "far", "far").write([rejection(block(value=value))])
    document = json.loads((tmp_path / "far.jsonl").read_text(), parse_constant=pytest.fail)
    assert document["samples"][0]["value"] == text


def test_a_large_block_keeps_some_samples_and_counts_the_rest(tmp_path: Path) -> None:
    RejectedFile(tmp_path, "far", "far").write([rejection(block(MAX_SAMPLES + 7))])
    (found,) = read_rejected(tmp_path)
    assert (len(found.samples), found.left_out) == (MAX_SAMPLES, 7)


def test_the_files_are_bounded_and_the_newest_stay(tmp_path: Path) -> None:
    file = RejectedFile(tmp_path, "far", "far")
    part = block(MAX_SAMPLES, text="x" * 500)
    for number in range(50):
        file.write([rejection(part, time_ms=TIME_MS + number * 1000)])
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 2
    assert max(sizes) <= MAX_FILE_BYTES
    found = [each.time for each in read_rejected(tmp_path)]
    assert found[-1] == "2026-11-24T10:00:49Z"
    assert file.forgotten_lines + len(found) == 50


@pytest.mark.parametrize(
    "tail",
    [
        pytest.param(b'{"time": "2026', id="a torn line"),
        pytest.param(b"\x00\xff\n", id="no text"),
        pytest.param(b"[1]\n", id="another document"),
        pytest.param(b'{"samples": 5}\n', id="other fields"),
        pytest.param(b"[" * 100_000 + b"\n", id="nested without end"),
    ],
)
def test_damaged_lines_are_left_out(tmp_path: Path, tail: bytes) -> None:
    RejectedFile(tmp_path, "far", "far").write([rejection()])
    with (tmp_path / "far.jsonl").open("ab") as file:
        file.write(tail)
    assert len(list(read_rejected(tmp_path))) == 1


def test_a_block_that_cannot_be_read_is_a_line_without_samples(tmp_path: Path) -> None:
    import attrs

    broken = attrs.evolve(block(), body=b"\xff\xff")
    RejectedFile(tmp_path, "far", "far").write([rejection(broken)])
    (found,) = read_rejected(tmp_path)
    assert (found.samples, found.left_out) == ((), 1)


def test_the_newest_words_to_a_series() -> None:
    known = Known()
    known.note(rejection(words="old"))
    known.note(rejection(words="new"))
    found = known.of(canonical({"n": "x0", "__name__": "load"}))
    assert found is not None
    assert found.words == "new"
    assert known.of(canonical({"__name__": "other"})) is None


def test_what_is_known_is_bounded() -> None:
    known = Known()
    for text in "abc":
        known.note(rejection(block(10_000, text=text)))
    assert len(known._words) == MAX_KNOWN
    assert known.of(canonical({"__name__": "load", "n": "a0"})) is None


async def test_the_log_writes_beside_the_sending(tmp_path: Path) -> None:
    log = RejectedLog("far", RejectedFile(tmp_path, "far", "far"), trio.to_thread.run_sync)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(log.run)
        await trio.testing.wait_all_tasks_blocked()
        log.note(rejection())
        nursery.cancel_scope.cancel()  # what waits is written all the same
    assert log.lines_total == 1
    assert log.words(canonical({"__name__": "load", "n": "x0"})) is not None
    assert len(list(read_rejected(tmp_path))) == 1


async def test_a_failing_disk_costs_lines_and_is_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "no-folder").write_text("")
    log = RejectedLog(
        "far", RejectedFile(tmp_path / "no-folder", "f", "f"), trio.to_thread.run_sync
    )
    for _ in range(2):
        log.note(rejection())
        await log._write()
    assert (log.lines_total, log.lost_total) == (0, 2)
    assert len(caplog.records) == 1
    assert log.words(canonical({"__name__": "load", "n": "x0"})) is not None


def test_a_slow_disk_does_not_pile_up() -> None:
    log = RejectedLog("far", None, trio.to_thread.run_sync)
    part = block()
    for _ in range(MAX_WAITING + 3):
        log.note(rejection(part))
    assert log.lost_total == 3
