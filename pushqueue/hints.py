"""The positions file of a directory, kept up to date.

Takes acknowledged sequences, gives them back after a restart.
Invariant: of the two slots one is always whole on the disk; sequences only ever rise.
"""

import contextlib
import logging

from pushqueue.directory import Directory, File
from pushqueue.positions import FILE_NAME, SLOT_BYTES, Slots, encode_slot, read_slots
from pushqueue.segment import LaneKey

MAX_FILE_BYTES = 2 * SLOT_BYTES

logger = logging.getLogger("promferry.pushqueue")


class Hints:
    """`save` writes a slot; synced, it survives a power cut, otherwise only the process's end."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._file: File | None = None
        self._serial = 0
        self._slot = 0
        self._is_dirty = False
        self._is_unsynced = False
        self.is_suspect = False
        self.positions: dict[LaneKey, int] = {}

    @property
    def file_bytes(self) -> int:
        """What the file takes."""
        return MAX_FILE_BYTES if self._file is not None else 0

    def load(self, is_there: bool) -> None:
        """Reads the file if there is one; a bad one costs a second sending, nothing else."""
        if not is_there:
            return
        found = self._read()
        self.is_suspect = found.is_suspect
        if found.newest is not None:
            self.positions = dict(found.newest.positions)
            self._serial = found.newest.serial
            self._slot = 1 - found.newest.index
        elif found.is_suspect:
            path = self._directory.path
            logger.warning("queue %s: no good positions, what is stored is sent again", path)

    def _read(self) -> Slots:
        try:
            self._file = self._directory.open(FILE_NAME)
            found = read_slots(self._file.read_at(0, MAX_FILE_BYTES))
        except OSError as exc:
            logger.warning("queue %s: positions not readable: %s", self._directory.path, exc)
            return Slots(None, is_suspect=True)
        # A slot that only the page cache has is not one to fall back upon while the other is
        # overwritten.
        with contextlib.suppress(OSError):
            self._file.sync()
        return found

    def prepare(self, epoch: int) -> None:
        """Makes the file ready before the first record of `epoch` is stored. Raises OSError.

        It is created while there is room, so that a full disk can still be drained. A damaged
        one is replaced: a slot that can be read again one day must not speak of an epoch whose
        number was given a second time.
        """
        if self.is_suspect:
            self.close()
            self._replace(epoch)
        if self._file is None:
            self._open_new()

    def _replace(self, epoch: int) -> None:
        # It may have been a passing failure: what the file says of older epochs is worth keeping.
        newest = self._read().newest
        self.close()
        for key, sequence in (newest.positions if newest is not None else {}).items():
            if key[0] < epoch:
                self.advance(key, sequence)
        with contextlib.suppress(FileNotFoundError):
            self._directory.remove(FILE_NAME)
        self._slot = 0
        self.is_suspect = False
        self._is_dirty = True
        self._open_new()
        self.save(sync=True)

    def _open_new(self) -> File:
        file = self._directory.open(FILE_NAME, create=True)
        if file.size() < MAX_FILE_BYTES:
            file.write_at(file.size(), bytes(MAX_FILE_BYTES - file.size()))
        self._directory.sync()
        self._file = file
        return file

    def forget_before(self, epoch: int) -> None:
        """Nothing of older epochs is stored any more."""
        self.positions = {key: at for key, at in self.positions.items() if key[0] >= epoch}

    def at(self, key: LaneKey) -> int:
        return self.positions.get(key, 0)

    def advance(self, key: LaneKey, sequence: int) -> None:
        if sequence > self.positions.get(key, 0):
            self.positions[key] = sequence
            self._is_dirty = True

    def save(self, *, sync: bool = False) -> None:
        """Writes what changed. Raises OSError; then it stays to be written."""
        if self._is_dirty:
            self._write()
        if sync and self._is_unsynced:
            self._sync()
            self._is_unsynced = False
            # The slot just synced is the good one from now on.
            self._slot = 1 - self._slot

    def _sync(self) -> None:
        assert self._file is not None
        try:
            self._file.sync()
        except OSError:
            # The system may have let go of the pages: the next sync would succeed and mean
            # nothing, so the slot is written again before it.
            self._is_dirty = True
            raise

    def _write(self) -> None:
        file = self._file or self._open_new()
        self._serial += 1
        self._is_unsynced = True
        slot = encode_slot(self._serial, self.positions)
        file.write_at(self._slot * SLOT_BYTES, slot)
        self._is_dirty = False

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None
        # What no sync has confirmed is written again, into whatever file comes next.
        self._is_dirty |= self._is_unsynced
