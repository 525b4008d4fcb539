"""How much space the data path's file system has left, looked at now and then in a thread.

Takes a path; gives the last figure. A disk that hangs holds up its thread and nothing else.
"""

import os

import trio

# Free space changes by megabytes a minute at most where this runs.
LOOK_EVERY_S = 30.0


class DiskSpace:
    """`free_bytes` is None until the first look, and where there is no such path."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.free_bytes: int | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.free_bytes = await trio.to_thread.run_sync(self._look, abandon_on_cancel=True)
            await trio.sleep(LOOK_EVERY_S)

    def _look(self) -> int | None:
        try:
            found = os.statvfs(self._path)
        except OSError:
            return None
        return found.f_bavail * found.f_frsize
