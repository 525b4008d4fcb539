"""The wall clock as tasks wait for it: on the monotonic clock, realigned all the time.

A machine at the edge starts in 1970 and steps when NTP arrives: what is due at a wall time is
awaited for the monotonic time that it seems to lie ahead, and looked at again after waking.
"""

from collections.abc import Callable

import trio

# Within that time all who wait for the same slot compute the same deadline, to the last bit, and
# are woken in one pass.
_ALIGNMENT_AGE_S = 1.0


class GridClock:
    """Shared by all targets of a manager."""

    def __init__(self, wall_ms: Callable[[], int]) -> None:
        self.now_ms = wall_ms
        self._ahead_s = 0.0  # of the wall clock over the monotonic one
        self._aligned_at_s = float("-inf")

    async def wait_until(self, due_ms: int) -> None:
        """Wait until the wall clock shows `due_ms`, if it does not step meanwhile."""
        now_s = trio.current_time()
        if now_s - self._aligned_at_s >= _ALIGNMENT_AGE_S:
            self._aligned_at_s = now_s
            self._ahead_s = self.now_ms() / 1000 - now_s
        await trio.sleep_until(due_ms / 1000 - self._ahead_s)
