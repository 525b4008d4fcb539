"""The one segment that is being written.

Takes Blocks, gives the headers of what has become durable.
Invariant: what `sync` returned is on the disk; after any OSError the writer is only good for
`abandon`, which cuts the file back to what was synced.
"""

import contextlib
import errno

from pushqueue.block import Block
from pushqueue.directory import Directory
from pushqueue.record import RecordHeader, encode_record, read_header
from pushqueue.segment import (
    LaneKey,
    encode_footer,
    encode_segment_header,
    footer_bytes,
    seed_of,
    segment_name,
)
from pushqueue.segment_file import Segment

# Records are handed to the system in pieces of about this size: fewer calls for small Blocks.
_BUFFER_BYTES = 256 * 1024


class SegmentWriter:
    """Appends records to a new segment; raises OSError as the directory does.

    `name`: of the file, where it is not that of the segment yet.
    """

    def __init__(
        self, directory: Directory, number: int, created_ms: int, *, name: str = ""
    ) -> None:
        header = encode_segment_header(number, created_ms)
        self._directory = directory
        self._name = name or segment_name(number)
        self._buffer = [header]
        self._buffered = len(header)
        self._written = 0  # bytes handed to the system
        self._staged: list[RecordHeader] = []
        self._lanes: set[LaneKey] = set()  # those of the footer, with what is staged
        self._is_named = False  # the directory entry is durable
        self.segment = Segment(number, 0, len(header), len(header), is_writing=True)
        self.segment.headers = []
        self.segment.file = directory.open(self._name, create=True)

    @property
    def size(self) -> int:
        """Bytes of the file when everything staged is in it, without a footer."""
        return self._written + self._buffered

    def finished_size(self) -> int:
        """Bytes of the file with its footer, should one more lane join those it has."""
        return self.size + footer_bytes(len(self._lanes) + 1)

    @property
    def staged_blocks(self) -> int:
        return len(self._staged)

    def append(self, block: Block) -> None:
        record = encode_record(block, seed_of(self.segment.number))
        self._lanes.add((block.lane_epoch, block.lane))
        self._staged.append(read_header(record, self.size, seed_of(self.segment.number)))
        self._buffer.append(record)
        self._buffered += len(record)
        if self._buffered >= _BUFFER_BYTES:
            self._flush()

    def _flush(self) -> None:
        assert self.segment.file is not None
        data = b"".join(self._buffer)
        self.segment.file.write_at(self._written, data)
        self._written += len(data)
        self._buffer, self._buffered = [], 0

    def sync(self) -> list[RecordHeader]:
        """Makes everything appended durable and counts it in the segment."""
        assert self.segment.file is not None
        self._flush()
        self.segment.file.sync()
        if not self._is_named:
            self._directory.sync()
            self._is_named = True
        if not self.segment.file.is_named():
            # Writing and syncing a file that was removed succeeds, and keeps nothing.
            raise FileNotFoundError(errno.ENOENT, "the file was removed", self._name)
        staged, self._staged = self._staged, []
        for header in staged:
            self.segment.add(header)
        self.segment.end = self.segment.file_bytes = self._written
        return staged

    def finish(self) -> None:
        """Adds the footer, durable. Everything must have been synced."""
        segment = self.segment
        assert segment.file is not None
        self._buffer = [encode_footer(segment.ranges, segment.end, segment.number)]
        self._buffered = len(self._buffer[0])
        self._flush()
        segment.file.sync()
        segment.file_bytes = self._written

    def abandon(self) -> bool:
        """Cuts the file back to what was synced; False if nothing was, and the file is gone.

        What cannot be cut off stays: a second copy that readers pass over.
        """
        segment = self.segment
        self._staged = []
        with contextlib.suppress(OSError):
            assert segment.file is not None
            segment.file.truncate(segment.file_bytes)
        if segment.file_bytes:
            return True
        with contextlib.suppress(OSError):
            self._directory.remove(self._name)
        return False


def probe(directory: Directory, number: int) -> None:
    """Writes, syncs and removes a file of one byte. Raises OSError.

    Left behind by a crash it is a segment without records, which the next opening removes.
    """
    name = segment_name(number)
    file = directory.open(name, create=True)
    try:
        file.write_at(0, b"\0")
        file.sync()
        directory.sync()
    finally:
        file.close()
        directory.remove(name)
