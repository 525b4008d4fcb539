"""What a Block's body is made of: decode, split, transcode. Pure functions, Block -> Blocks.

Takes a Block of any encoding; gives its message, or Blocks.
Invariant: the Blocks hold its samples in the same order, each exactly once but for those that the
other encoding has no place for.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

import attrs
import snappy

from pushqueue.block import BatchEntry, Block, Encoding, pack_table
from pushqueue.wire.body import Body, SnappyBody, ZstdBody
from pushqueue.wire.message import WireSeries, fits_v1, read_v1, read_v2, write_v1, write_v2
from pushqueue.wire.symbols import Symbols
from series.frame import SERIES_TAG
from series.wire import WireError, read_varint

# What a stored body may unpack to; a claim above it is damage. Twice what is ever encoded.
MAX_MESSAGE_BYTES = 64 * 2**20


class CodecError(ValueError):
    """A body that is not what its encoding says."""


def decode(block: Block) -> bytes:
    """The decompressed message of a Block. Raises CodecError."""
    return _decode_zstd(block.body) if block.encoding.is_zstd else _decode_snappy(block.body)


def _decode_snappy(body: bytes) -> bytes:
    try:
        if read_varint(body, 0)[0] > MAX_MESSAGE_BYTES:
            raise CodecError(f"a snappy block of more than {MAX_MESSAGE_BYTES} bytes")
        return bytes(snappy.uncompress(body))
    except CodecError:
        raise
    except Exception as exc:  # cramjam raises its own types, none of them documented
        raise CodecError(f"not a snappy block: {exc}") from exc


def _decode_zstd(body: bytes) -> bytes:
    import zstandard  # late: few remotes take it

    try:
        size = zstandard.frame_content_size(body)
        if not 0 <= size <= MAX_MESSAGE_BYTES:
            raise CodecError(f"a zstd frame of {size} bytes")
        return zstandard.ZstdDecompressor().decompress(body, max_output_size=size)
    except zstandard.ZstdError as exc:
        raise CodecError(f"not a zstd frame: {exc}") from exc


def series_of(block: Block) -> list[WireSeries]:
    """All series of a Block, whatever its encoding. Raises CodecError."""
    read = read_v2 if block.encoding.is_v2 else read_v1
    try:
        return list(read(decode(block)))
    except WireError as exc:
        raise CodecError(str(exc)) from exc


def series_ends(message: bytes) -> list[int]:
    """Where each framed series of a remote-write 1.0 message ends. Raises CodecError."""
    ends = []
    at = 0
    try:
        while at < len(message):
            if message[at : at + 1] != SERIES_TAG:
                raise CodecError(f"no series at byte {at}: {message[at : at + 8]!r}")
            length, start = read_varint(message, at + 1)
            at = start + length
            ends.append(at)
    except WireError as exc:
        raise CodecError(str(exc)) from exc
    if at > len(message):
        raise CodecError(f"the last series ends {at - len(message)} bytes behind the message")
    return ends


def split(block: Block) -> tuple[Block, ...]:
    """The Block in two halves by samples; itself alone if it holds a single one.

    The halves keep the Block's name and its time bounds, which stay true for them.
    """
    if block.encoding.is_v2:
        return _split_v2(block)
    block, message = _gathered(block, decode(block))
    ends = series_ends(message)
    if len(ends) < 2:
        return (block,)
    middle = len(ends) // 2
    cut = ends[middle - 1]
    sizes = [end - start for start, end in zip([0, *ends], ends, strict=False)]
    return (
        _part_of(block, [message[:cut]], sizes[:middle], 0),
        _part_of(block, [message[cut:]], sizes[middle:], middle),
    )


def _gathered(block: Block, message: bytes) -> tuple[Block, bytes]:
    """With the pieces of each batch one after the other (`pushqueue.wire.rows` mixes them): a
    target that is refused is found by halving only where it is in one half.
    """
    entries = block.batches
    numbers: dict[BatchEntry, int] = {}
    batch_of = [numbers.setdefault(_batch_of(entry), len(numbers)) for entry in entries]
    sizes = [entry.framed_bytes for entry in entries]
    # Fast path: they are; or the table does not tell.
    if batch_of == sorted(batch_of) or sum(sizes) != len(message):
        return block, message
    starts = [0, *accumulate(sizes)]
    order = sorted(range(len(entries)), key=batch_of.__getitem__)
    gathered = attrs.evolve(block, table=pack_table([entries[at] for at in order]))
    return gathered, b"".join([message[starts[at] : starts[at + 1]] for at in order])


def _batch_of(entry: BatchEntry) -> BatchEntry:
    """What the pieces of one batch have in common."""
    return attrs.evolve(entry, sample_count=0, framed_bytes=0)


def _split_v2(block: Block) -> tuple[Block, ...]:
    """Each half with a table of its own, so that a request too large does get smaller."""
    series = series_of(block)
    if len(series) < 2:
        return (block,)
    middle = len(series) // 2
    return tuple(
        [
            _written(block, half, block.encoding, first)
            for half, first in ((series[:middle], 0), (series[middle:], middle))
        ]
    )


def _written(
    block: Block, series: Iterable[WireSeries], encoding: Encoding, first: int, level: int = 0
) -> Block:
    """A Block of `series`, the first of which is number `first` in the table of `block`."""
    symbols = Symbols()
    write: Callable[[Iterable[WireSeries]], Iterable[bytes]] = write_v1
    framed = list(write_v2(series, symbols) if encoding.is_v2 else write(series))
    front = symbols.encode() if encoding.is_v2 else b""
    renamed = attrs.evolve(block, encoding=encoding)
    return _part_of(renamed, framed, [len(each) for each in framed], first, front, level)


def _part_of(
    block: Block,
    pieces: Iterable[bytes],
    sizes: Sequence[int],
    first: int,
    front: bytes = b"",
    level: int = 0,
) -> Block:
    body: Body = ZstdBody(level) if block.encoding.is_zstd else SnappyBody()
    body.add(front)
    for piece in pieces:
        body.add(piece)
    return attrs.evolve(
        block,
        body=body.finish(),
        sample_count=len(sizes),
        table=pack_table(_retabled(block.batches, sizes, first)),
        exemplar_count=None,
    )


def _retabled(entries: Sequence[BatchEntry], sizes: Sequence[int], first: int) -> list[BatchEntry]:
    """The rows for the series `first` and following, whose framed sizes are given."""
    kept = []
    at = 0
    for entry in entries:
        start = max(at, first)
        stop = min(at + entry.sample_count, first + len(sizes))
        if start < stop:
            framed = sum(sizes[start - first : stop - first])
            kept.append(attrs.evolve(entry, sample_count=stop - start, framed_bytes=framed))
        at += entry.sample_count
    return kept


def transcode(block: Block, encoding: Encoding, *, zstd_level: int = 0) -> tuple[Block, ...]:
    """The Block in another encoding; several where one would be too large, none where nothing fits.

    Histograms with custom buckets have no place in 1.0: the sample counts tell how many were left
    out. Raises CodecError.
    """
    if encoding is block.encoding:
        return (block,)
    renamed = attrs.evolve(block, encoding=encoding)
    if encoding.is_v2 == block.encoding.is_v2:  # the same message
        body: Body = ZstdBody(zstd_level) if encoding.is_zstd else SnappyBody()
        body.add(decode(block))
        return (attrs.evolve(renamed, body=body.finish()),)
    series = series_of(block)
    if not encoding.is_v2 and not all(map(fits_v1, series)):
        fitting = [fits_v1(each) for each in series]
        block = attrs.evolve(block, table=pack_table(_without(block.batches, fitting)))
        series = [each for each, fits in zip(series, fitting, strict=True) if fits]
    if not series:
        return ()
    return _bounded(_written(block, series, encoding, 0, zstd_level), MAX_MESSAGE_BYTES // 2)


def _without(entries: Sequence[BatchEntry], fitting: Sequence[bool]) -> list[BatchEntry]:
    """The rows without the series that do not fit."""
    kept = []
    at = 0
    for entry in entries:
        count = sum(fitting[at : at + entry.sample_count])
        at += entry.sample_count
        if count:
            kept.append(attrs.evolve(entry, sample_count=count))
    return kept


def _bounded(block: Block, max_bytes: int) -> tuple[Block, ...]:
    """In halves until each has a message within the bound."""
    if sum(entry.framed_bytes for entry in block.batches) < max_bytes or block.sample_count < 2:
        return (block,)
    return tuple([part for half in split(block) for part in _bounded(half, max_bytes)])


def within(block: Block, max_body_bytes: int) -> tuple[Block, ...]:
    """The Block in halves until each body is within the bound (0: none) or one sample."""
    if not max_body_bytes or len(block.body) <= max_body_bytes or block.sample_count < 2:
        return (block,)
    return tuple([part for half in split(block) for part in within(half, max_body_bytes)])
