"""The segments of a directory that are not read: of a later format version, or not to be opened.

Takes their names; gives what they take of the byte bound, and which may go to make room.
Invariant: one of a later version is never removed.
"""

import contextlib
import logging

from pushqueue.directory import Directory

logger = logging.getLogger("promferry.pushqueue")


class Aside:
    """`newer_bytes`: of later versions; what could not be opened may be given up, oldest first."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._unread: dict[str, int] = {}
        self.newer_bytes = 0

    @property
    def file_bytes(self) -> int:
        return self.newer_bytes + sum(self._unread.values())

    @property
    def has_unread(self) -> bool:
        return bool(self._unread)

    def clear(self) -> None:
        self._unread.clear()
        self.newer_bytes = 0

    def add_newer(self, name: str) -> None:
        self.newer_bytes += self._size(name)

    def add_unread(self, name: str) -> None:
        self._unread[name] = self._size(name)

    def _size(self, name: str) -> int:
        try:
            return self._directory.size(name)
        except OSError:
            return 0

    def give_up_unread(self) -> int:
        """Removes the oldest that could not be opened; how many bytes it had. Raises OSError."""
        name = min(self._unread)
        with contextlib.suppress(FileNotFoundError):
            self._directory.remove(name)
        logger.warning("queue %s: %s given up unread to make room", self._directory.path, name)
        return self._unread.pop(name)
