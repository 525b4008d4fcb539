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

from agent.convert.imported import Found, Timed, blocks_of
from pushqueue.block import Block
from receivers.errors import DecodeError
from receivers.remote_write import KnownLabels, WriteRequest, decode
from series.wire import WireError, decode_labels, encode_labels

FOLDER = "persistent-queue"
_CHUNK = re.compile(r"[0-9A-F]{16}")
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
# What vmagent itself never exceeds.
_MAX_RECORD_BYTES = 32 * 2**20
# Bounds the memory of an import where series churn.
_MOST_LABELS = 200_000


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


class _Labels:
    """Labels as they were stored -> sorted. A queue repeats the same ones for its whole length."""

    def __init__(self) -> None:
        self.known = KnownLabels()
        self._sorted: dict[bytes, bytes] = {}

    def sorted(self, stored: bytes) -> bytes:
        found = self._sorted.get(stored)
        if found is None:
            if len(self._sorted) >= _MOST_LABELS:
                self._sorted.clear()
            found = self._sorted[stored] = encode_labels(tuple(sorted(decode_labels(stored))))
        return found


def blocks(path: Path, found: Found, now_ms: int) -> Iterator[Block]:
    """The oldest samples first. Raises OSError.

    Not in the order of the file: what was in flight when vmagent stopped stands behind what came
    later, and a receiver without an out-of-order window would refuse it there.
    """
    bounds = read_bounds(path, found)
    labels = _Labels()
    good: list[_Record] = []
    chunks = sorted(each for each in path.iterdir() if _CHUNK.fullmatch(each.name))
    # Gone through twice: for the times, and in their order.
    found.bytes_total = 2 * sum(each.stat().st_size for each in chunks)
    for chunk in chunks:
        for record in _records(chunk, bounds, found):
            oldest_ms = _oldest(record, labels, found)
            if oldest_ms is not None:
                good.append(attrs.evolve(record, oldest_ms=oldest_ms))
            found.advance(record.length)
    for record in sorted(good):
        for block in blocks_of(_samples(record, labels, found), now_ms):
            found.count(block)
            yield block
        found.advance(record.length)


def _oldest(record: _Record, labels: _Labels, found: Found) -> int | None:
    """None: there is nothing in it, or it is damaged, which is told."""
    return min((time_ms for time_ms, _, _ in _samples(record, labels, found)), default=None)


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


def _samples(record: _Record, labels: _Labels, found: Found) -> list[Timed]:
    """Each sample with its time; nothing of a damaged body, which is told."""
    try:
        request = _request(record, labels)
        of = [
            labels.sorted(encoded)
            for encoded, count in zip(request.encoded, request.sample_counts, strict=True)
            for _ in range(count)
        ]
    except (DecodeError, WireError, UnicodeDecodeError) as exc:
        found.damage(f"{record.place}: {exc}; skipped")
        return []
    values = request.values.tobytes()
    return [
        (time_ms, encoded, values[8 * number : 8 * number + 8])
        for number, (time_ms, encoded) in enumerate(zip(request.timestamps, of, strict=True))
    ]


def _request(record: _Record, labels: _Labels) -> WriteRequest:
    """Raises DecodeError."""
    body = record.body()
    encoding = "zstd" if body.startswith(_ZSTD_MAGIC) else "snappy"
    return decode(
        body,
        content_encoding=encoding,
        max_decoded_bytes=_MAX_RECORD_BYTES,
        known=labels.known,
    )
