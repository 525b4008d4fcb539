"""Brings refused samples to the file, beside the sending. A shell.

Takes rejections; writes them in a thread, a few together. Never blocks the sender.
Bounded: MAX_WAITING rejections wait; a disk that is slow or fails costs lines, counted.
"""

import logging
from collections import deque

import attrs
import trio

from pushqueue.progress import RefusedWords
from pushqueue.queue import RunSync
from pushqueue.rejected import Known, RejectedFile, Rejection
from series.labels import Labels

logger = logging.getLogger("promferry.pushqueue")

MAX_WAITING = 64


@attrs.define(eq=False)
class RejectedLog:
    """`file` is None where nothing may be written (-remoteWrite.disableOnDiskQueue)."""

    name: str
    file: RejectedFile | None
    run_sync: RunSync
    lines_total: int = 0
    unwritten_total: int = 0
    _known: Known = attrs.field(factory=Known)
    _waiting: deque[Rejection] = attrs.field(factory=deque)
    _has_come: trio.Event = attrs.field(factory=trio.Event)
    _fails: bool = False

    def note(self, rejection: Rejection) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.popleft()
            self.unwritten_total += 1
        self._waiting.append(rejection)
        self._has_come.set()

    @property
    def lost_total(self) -> int:
        """Lines that nobody can read: never written, or gone when the files were full."""
        return self.unwritten_total + (self.file.forgotten_lines if self.file else 0)

    def words(self, labels: Labels) -> RefusedWords | None:
        """The newest words to a series with these labels."""
        return self._known.of(labels)

    async def run(self) -> None:
        """Until cancelled; then what waits is still written."""
        try:
            while True:
                await self._has_come.wait()
                self._has_come = trio.Event()
                await self._write()
        finally:
            await self._write()

    async def _write(self) -> None:
        taken = list(self._waiting)
        self._waiting.clear()
        if not taken:
            return
        try:
            # The decoding of 10 000 samples takes its time, so it is in the thread as well.
            # Shielded: what was taken would be lost by a cancellation before the thread begins.
            with trio.CancelScope(shield=True):
                await self.run_sync(self._keep, taken)
        except OSError as exc:
            self.unwritten_total += len(taken)
            if not self._fails:
                logger.warning("remote %s: refused samples cannot be kept: %s", self.name, exc)
            self._fails = True
        else:
            self.lines_total += len(taken)
            self._fails = False

    def _keep(self, taken: list[Rejection]) -> None:
        for rejection in taken:
            self._known.note(rejection)
        if self.file is not None:
            self.file.write(taken)
