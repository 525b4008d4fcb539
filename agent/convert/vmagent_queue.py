"""vmagent's persistent queue: what is not delivered yet, in order.

Takes one queue's directory; gives Blocks and counts damage. Source: reference/vmagent.md 1.6, and
the files of vmagent 1.79.5.

    chunk file   named by its global offset, 16 hexadecimal digits
    record       8 bytes length (big-endian), then the body of a request, snappy or zstd
    metainfo.json  {"Name", "ReaderOffset", "WriterOffset"}: what lies between is unsent

Invariant: nothing is written. A lost metainfo costs a second sending and no data; a damaged body
costs itself, a damaged length the rest of its chunk.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import attrs

from agent.convert.imported import Found, blocks_of, single
from pushqueue.block import Block, Encoding
from pushqueue.codec import CodecError, series_of
from pushqueue.wire.message import WireSeries

FOLDER = "persistent-queue"
_CHUNK = re.compile(r"[0-9A-F]{16}")
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# What vmagent itself never exceeds.
_MAX_RECORD_BYTES = 32 * 2**20


def find_queues(path: Path) -> list[Path]:
    """The queues below a data path; the path itself if it is one."""
    if _is_queue(path):
        return [path]
    folder = path / FOLDER if (path / FOLDER).is_dir() else path
    return sorted(each for each in folder.iterdir() if each.is_dir() and _is_queue(each))


def _is_queue(path: Path) -> bool:
    """By its chunks, too: metainfo.json may be lost."""
    return _info(path).is_file() or any(_CHUNK.fullmatch(each.name) for each in path.iterdir())


def _info(path: Path) -> Path:
    return path / "metainfo.json"


@attrs.frozen
class Bounds:
    """Global offsets; `writer` is None where it is not known."""

    reader: int = 0
    writer: int | None = None


def read_bounds(path: Path, found: Found) -> Bounds:
    try:
        document = json.loads(_info(path).read_bytes())
        reader, writer = int(document["ReaderOffset"]), int(document["WriterOffset"])
        if 0 <= reader <= writer:
            return Bounds(reader, writer)
        reason = "its offsets contradict each other"
    except (OSError, ValueError, KeyError, TypeError) as exc:
        reason = f"{type(exc).__name__}"
    found.damage(f"metainfo.json: {reason}: everything is taken for unsent")
    return Bounds()


@attrs.frozen(order=True)
class _Record:
    """Where a good record stands; sorted by its oldest sample, then by its place."""

    oldest_ms: int
    chunk: Path
    at: int
    length: int

    @property
    def place(self) -> str:
        return f"{self.chunk.name} at {self.at}"

    def body(self) -> bytes:
        with self.chunk.open("rb") as file:
            file.seek(self.at + 8)
            return file.read(self.length)


def blocks(path: Path, found: Found, now_ms: int) -> Iterator[Block]:
    """The oldest samples first. Raises OSError.

    Not in the order of the file: what was in flight when vmagent stopped stands behind what came
    later, and a receiver without an out-of-order window would refuse it there.
    """
    bounds = read_bounds(path, found)
    good: list[_Record] = []
    for chunk in sorted(each for each in path.iterdir() if _CHUNK.fullmatch(each.name)):
        for record in _records(chunk, bounds, found):
            oldest_ms = min((time_ms for time_ms, _ in _samples(record, found)), default=None)
            if oldest_ms is not None:
                good.append(attrs.evolve(record, oldest_ms=oldest_ms))
    for record in sorted(good):
        for block in blocks_of(_samples(record, found), now_ms):
            found.count(block)
            yield block


def _records(chunk: Path, bounds: Bounds, found: Found) -> Iterator[_Record]:
    start, size = int(chunk.name, 16), chunk.stat().st_size
    end = size if bounds.writer is None else min(size, max(0, bounds.writer - start))
    at = max(0, bounds.reader - start)
    with chunk.open("rb") as file:
        while at < end:
            file.seek(at)
            length = int.from_bytes(file.read(8), "big")
            if not 0 < length <= _MAX_RECORD_BYTES or at + 8 + length > end:
                found.damage(
                    f"{chunk.name} at {at}: no record of {length} bytes fits there; the rest of "
                    f"this file, {end - at} bytes, is skipped"
                )
                return
            yield _Record(0, chunk, at, length)
            at += 8 + length


def _samples(record: _Record, found: Found) -> list[tuple[int, WireSeries]]:
    """Each sample with its time; nothing of a damaged body, which is told."""
    body = record.body()
    encoding = Encoding.RW1_ZSTD if body.startswith(_ZSTD_MAGIC) else Encoding.RW1_SNAPPY
    stored = Block(
        created_ms=0, sample_count=0, oldest_ms=0, newest_ms=0, encoding=encoding, body=body
    )
    try:
        return [one for each in series_of(stored) for one in single(each)]
    except CodecError as exc:
        found.damage(f"{record.place}: {exc}; skipped")
        return []
