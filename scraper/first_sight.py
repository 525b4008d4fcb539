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

# 500 pages of 1000 series; one of 16 MiB, the most by default, takes 5 s.
MOST_WAIT_S = 10.0


class FirstSight:
    """Shared by all targets of a manager."""

    def __init__(self) -> None:
        self._turn = trio.CapacityLimiter(1)

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None, None]:
        """Waits until the page before is done, at most MOST_WAIT_S."""
        has_turn = False
        with trio.move_on_after(MOST_WAIT_S):
            await self._turn.acquire()
            has_turn = True
        try:
            yield
        finally:
            if has_turn:
                self._turn.release()
