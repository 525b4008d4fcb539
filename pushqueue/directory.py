"""The directory calls that a queue needs, as an interface, and the real ones.

Takes names and bytes; raises OSError as the system does. Everything here may block for seconds
(SD cards), so it is only called from the queue's thread.
Never: decides anything. Tests put a directory in its place that tears, fills and fails.
"""

import contextlib
import errno
import fcntl
import os
from pathlib import Path
from typing import Protocol

from pushqueue.errors import QueueError

LOCK_NAME = "lock"

# What only a person can mend; anything else may pass.
_BAD_PATH = frozenset(
    {errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP}
)


class File(Protocol):
    """One open file."""

    def size(self) -> int: ...
    def read_at(self, offset: int, count: int) -> bytes: ...
    def write_at(self, offset: int, data: bytes) -> None:
        """Writes all of `data`; after an error any part of it may have been written."""

    def truncate(self, size: int) -> None: ...
    def sync(self) -> None: ...
    def is_named(self) -> bool:
        """Whether a directory still has it; False if it was removed."""

    def close(self) -> None: ...


class Directory(Protocol):
    """One queue's directory."""

    path: str

    def prepare(self) -> None:
        """Creates the directory if need be and locks it. Raises QueueError if it is locked."""

    def names(self) -> list[str]: ...
    def size(self, name: str) -> int:
        """Of a file that cannot be opened, too."""

    def open(self, name: str, *, create: bool = False) -> File: ...
    def remove(self, name: str) -> None: ...
    def rename(self, old: str, new: str) -> None:
        """Puts a file in the place of another, at once."""

    def sync(self) -> None: ...
    def free_bytes(self) -> tuple[int, int]:
        """Free bytes for us, and the size of the file system."""

    def release(self) -> None:
        """Gives the lock back."""


class RealFile:
    """A file by its descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._fd = descriptor

    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def read_at(self, offset: int, count: int) -> bytes:
        data = os.pread(self._fd, count, offset)
        # Fast path: regular files give all that is there in one call.
        if len(data) == count or not data:
            return data
        return data + self.read_at(offset + len(data), count - len(data))

    def write_at(self, offset: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(self._fd, view, offset)
            view, offset = view[written:], offset + written

    def truncate(self, size: int) -> None:
        os.ftruncate(self._fd, size)

    def sync(self) -> None:
        os.fdatasync(self._fd)

    def is_named(self) -> bool:
        return os.fstat(self._fd).st_nlink > 0

    def close(self) -> None:
        os.close(self._fd)


class RealDirectory:
    """A directory of the host."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.path = str(path)
        self._lock: int | None = None

    def prepare(self) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        descriptor = self._open_lock()
        if descriptor is None:
            return
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            os.close(descriptor)
            raise QueueError(
                self.path,
                "another process uses it",
                "stop that process, or give this one another data path",
            ) from exc
        except OSError:
            os.close(descriptor)
            raise
        self._lock = descriptor

    def check(self) -> None:
        """Whether the queue can live here. Raises QueueError; leaves nothing locked.

        A full or failing disk is no reason: the queue lives through that.
        """
        try:
            self.prepare()
        except OSError as exc:
            if exc.errno in _BAD_PATH:
                raise QueueError(
                    self.path,
                    exc.strerror or str(exc),
                    "give a path that this user may write to",
                ) from exc
        finally:
            self.release()

    def _open_lock(self) -> int | None:
        path = self._path / LOCK_NAME
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as exc:
            if exc.errno != errno.EROFS:
                raise
        # A read-only file system: whoever locks an existing file is kept apart all the same,
        # and where there is none nobody can write anyway.
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return None

    def names(self) -> list[str]:
        return sorted(os.listdir(self._path))

    def size(self, name: str) -> int:
        return os.stat(self._path / name).st_size

    def open(self, name: str, *, create: bool = False) -> RealFile:
        if not create:
            return RealFile(self._open_existing(name))
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        return RealFile(os.open(self._path / name, flags, 0o640))

    def _open_existing(self, name: str) -> int:
        try:
            return os.open(self._path / name, os.O_RDWR | os.O_CLOEXEC)
        except OSError as exc:
            if exc.errno not in (errno.EROFS, errno.EACCES):
                raise
            return os.open(self._path / name, os.O_RDONLY | os.O_CLOEXEC)

    def remove(self, name: str) -> None:
        os.unlink(self._path / name)

    def rename(self, old: str, new: str) -> None:
        os.replace(self._path / old, self._path / new)

    def sync(self) -> None:
        descriptor = os.open(self._path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def free_bytes(self) -> tuple[int, int]:
        found = os.statvfs(self._path)
        return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
