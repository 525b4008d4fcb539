"""Prometheus' write-ahead log: the samples that it scraped, in order.

Takes an agent's data path, and what a remote makes of labels, since the log holds them as they were
scraped; gives Blocks of what is newer than a time. Source: Prometheus'
document `tsdb/docs/format/wal.md`, and the files of Prometheus 2.42.

    segment  named by number, pages of 32 KiB, filled up with zeros
    part     1 byte: whole, first, middle, last (bits 0-2), snappy (8), zstd (16);
             2 bytes length, 4 bytes CRC-32C (big-endian), the data
    record   1 byte kind, then the entries of that kind

Invariant: nothing is written. What was sent is not in the log, so whoever imports says from when.
A damaged part costs the records up to the next whole or first part of its page or the next.
"""

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import snappy

from agent.convert.imported import Found, Timed, blocks_of
from pushqueue.block import Block
from series.wire import encode_labels

_PAGE = 32 * 1024
_HEAD = struct.Struct(">BHI")
_WHOLE, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_SNAPPY, _ZSTD = 8, 16
_SERIES, _SAMPLES, _HISTOGRAMS = 1, 2, (7, 8, 9, 10)
_SEGMENT = re.compile(r"[0-9]{8}")
_POLYNOMIAL = 0x82F63B78
# A record of a scrape of a million series; a length beyond is damage.
_MAX_RECORD_BYTES = 128 * 2**20
# What goes out for the labels of the log, None for nothing.
Final = Callable[[Mapping[str, str]], Mapping[str, str] | None]
# Encoded; None where the remote gets nothing of the series.
_Labels = bytes | None


def _table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (_POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


_CRC = _table()


def crc32c(data: bytes) -> int:
    """Castagnoli's; about 5 MB a second, which an import can wait for."""
    crc, table = 0xFFFFFFFF, _CRC
    for byte in data:
        crc = crc >> 8 ^ table[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


def find_log(path: Path) -> Path:
    """The folder of the segments, below a data path or itself."""
    return path / "wal" if (path / "wal").is_dir() else path


def is_log(path: Path) -> bool:
    """Whether there are segments. Raises OSError."""
    return any(_segments(path))


def blocks(
    path: Path, found: Found, now_ms: int, since_ms: int, final: Final = dict
) -> Iterator[Block]:
    """Samples newer than `since_ms`. Raises OSError."""
    for block in blocks_of(_samples(find_log(path), found, since_ms, final), now_ms):
        found.count(block)
        yield block


def _samples(log: Path, found: Found, since_ms: int, final: Final) -> Iterator[Timed]:
    labels: dict[int, _Labels] = {}
    for record in _records(log, found):
        try:
            kind = record[0]
            if kind == _SERIES:
                labels.update(_series(record, final))
            elif kind == _SAMPLES:
                yield from _newer(record, labels, found, since_ms)
            elif kind in _HISTOGRAMS:
                found.damage("a record of native histograms: not read by this version")
        except (IndexError, struct.error, UnicodeDecodeError):
            found.damage(f"a record of kind {record[:1].hex()} that ends early; skipped")


def _newer(
    record: bytes, labels: Mapping[int, _Labels], found: Found, since_ms: int
) -> Iterator[Timed]:
    unknown = 0
    for reference, time_ms, value in _values(record):
        of = labels.get(reference, b"")
        if of == b"":
            unknown += 1
        elif time_ms <= since_ms:
            found.left_out += 1
        elif of is None:
            found.dropped += 1
        else:
            yield time_ms, of, value
    if unknown:
        found.damage(f"{unknown} samples of series that are not in the log; skipped")


def _segments(log: Path) -> Iterator[Path]:
    """The newest checkpoint, which holds what older segments said, and then the segments."""
    checkpoints = sorted(each for each in log.iterdir() if each.name.startswith("checkpoint."))
    folders = [each for each in checkpoints[-1:] if each.is_dir()]
    for folder in (*folders, log):
        yield from sorted(each for each in folder.iterdir() if _SEGMENT.fullmatch(each.name))


def _records(log: Path, found: Found) -> Iterator[bytes]:
    segments = list(_segments(log))
    found.bytes_total = sum(each.stat().st_size for each in segments)
    for segment in segments:
        yield from _of_segment(segment, found)


def _of_segment(segment: Path, found: Found) -> Iterator[bytes]:
    """Compression is that of the whole record, so its parts are joined first."""
    held, flags, number = b"", 0, 0
    with segment.open("rb") as file:
        while page := file.read(_PAGE):
            for kind, data in _of_page(page, segment.name, number, found):
                if kind & 7 in (_WHOLE, _FIRST):
                    held, flags = b"", kind
                held = held + data if len(held) <= _MAX_RECORD_BYTES else b""
                if kind & 7 in (_WHOLE, _LAST) and held:
                    whole = _inflated(held, flags, segment.name, found)
                    held = b""
                    if whole:
                        yield whole
            number += 1
            found.advance(len(page))


def _of_page(page: bytes, name: str, number: int, found: Found) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _HEAD.size <= len(page):
        kind, length, checksum = _HEAD.unpack_from(page, at)
        if kind & 7 == 0:
            return  # filled up with zeros
        data = page[at + _HEAD.size : at + _HEAD.size + length]
        if kind & 7 > _LAST or len(data) < length or crc32c(data) != checksum:
            place = number * _PAGE + at
            found.damage(f"{name} at {place}: damaged; the rest of the page is skipped")
            return
        yield kind, data
        at += _HEAD.size + length


def _inflated(data: bytes, flags: int, name: str, found: Found) -> bytes | None:
    try:
        if flags & _SNAPPY:
            if _unsigned(data, 0)[0] > _MAX_RECORD_BYTES:
                raise ValueError("larger than any record")
            return bytes(snappy.uncompress(data))
        if flags & _ZSTD:
            import zstandard  # late: a choice since Prometheus 2.45

            decompressor = zstandard.ZstdDecompressor()
            return decompressor.decompress(data, max_output_size=_MAX_RECORD_BYTES)
    except Exception as exc:  # cramjam raises its own types, none of them documented
        found.damage(f"{name}: a record that does not unpack ({exc}); skipped")
        return None
    return data


def _series(record: bytes, final: Final) -> Iterator[tuple[int, _Labels]]:
    at = 1
    while at < len(record):
        (reference,) = struct.unpack_from(">Q", record, at)
        count, at = _unsigned(record, at + 8)
        labels = {}
        for _ in range(count):
            name, at = _text(record, at)
            value, at = _text(record, at)
            labels[name] = value
        sent = final(labels)
        yield reference, encode_labels(tuple(sorted(sent.items()))) if sent else None


def _values(record: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Reference, time in milliseconds, value as remote write has it."""
    if len(record) < 17:
        return
    base, time_ms = struct.unpack_from(">Qq", record, 1)
    at = 17
    while at < len(record):
        reference, at = _signed(record, at)
        delta_ms, at = _signed(record, at)
        if len(record) < at + 8:
            raise IndexError("a value that ends early")
        yield base + reference, time_ms + delta_ms, record[at : at + 8][::-1]
        at += 8


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at += 1
        if byte < 128:
            return value, at
        shift += 7


def _signed(data: bytes, at: int) -> tuple[int, int]:
    value, at = _unsigned(data, at)
    return value >> 1 ^ -(value & 1), at


def _text(data: bytes, at: int) -> tuple[str, int]:
    length, at = _unsigned(data, at)
    if at + length > len(data):
        raise IndexError("a text that ends early")
    return data[at : at + length].decode(), at + length
