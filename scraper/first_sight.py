"""The turn of targets whose page is not known yet: one after the other.

What a page leaves for good is made beside ten times as much that is thrown away when it is done.
If 200 unknown pages are read by turns, 3 ms each, all of that stands in memory at once, and what
stays lies scattered in it for ever: 830 bytes a series instead of 480. In turn every page is made
where the one before threw away, and a target like the one before finds all of it known.
Shell: a wait, bounded, so that one huge page does not keep all others from their first sample.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import trio

# A page of 16 MiB, the most by default, takes 5 s. One that takes longer is not waited for.
STUCK_S = 10.0
# 2000 pages of 1000 new series on a machine that has nothing else to do.
MOST_WAIT_S = 60.0


class FirstSight:
    """Shared by all targets of a manager."""

    def __init__(self) -> None:
        self._turn = trio.CapacityLimiter(1)
        self._done = 0

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None, None]:
        """Waits for the pages before, while one is done every STUCK_S, and at most MOST_WAIT_S."""
        has_turn = False
        last_s = trio.current_time() + MOST_WAIT_S
        while not has_turn and trio.current_time() < last_s:
            done = self._done
            with trio.move_on_after(STUCK_S):
                await self._turn.acquire()
                has_turn = True
            if self._done == done:
                break
        try:
            yield
        finally:
            self._done += 1
            if has_turn:
                self._turn.release()
