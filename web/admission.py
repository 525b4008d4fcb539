"""How many pushes are taken at once, and how much memory they may fill together.

Takes wishes to push; gives a place for one at a time, or refuses when the wait is over.
Invariant: at most `capacity` at a time, and at most `max_total_bytes` of decoded bodies held.
Never: knows a format; receivers reserve what they are about to decode.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import attrs
import trio


class AdmissionError(Exception):
    """No place within the time; `retry_after_s` is for the answer's header."""

    retry_after_s = 5


@attrs.frozen
class AdmissionStatistics:
    current: int
    capacity: int
    limit_reached_total: int
    limit_timeout_total: int
    held_bytes: int


class Place:
    """Held while a push is read and decoded."""

    def __init__(self, admission: "Admission") -> None:
        self._admission = admission
        self.held_bytes = 0

    async def reserve(self, size: int) -> None:
        """Before `size` more bytes are held. Raises AdmissionError."""
        await self._admission.wait_bytes(size)
        self.held_bytes += size


class Admission:
    """`max_request_bytes`: of one push, as it comes and decoded."""

    def __init__(
        self,
        *,
        capacity: int,
        max_wait_s: float,
        max_request_bytes: int,
        max_total_bytes: int,
    ) -> None:
        self.max_request_bytes = max_request_bytes
        self._capacity = capacity
        self._max_wait_s = max_wait_s
        self._max_total_bytes = max(max_total_bytes, max_request_bytes)
        self._places = trio.CapacityLimiter(capacity)
        self._held_bytes = 0
        self._freed = trio.Event()
        self._reached = self._timed_out = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """Waits for a place. Raises AdmissionError."""
        place = Place(self)
        await self._acquire(place)
        try:
            yield place
        finally:
            self._places.release_on_behalf_of(place)
            self._held_bytes -= place.held_bytes
            self._freed.set()
            self._freed = trio.Event()

    async def _acquire(self, place: Place) -> None:
        if self._places.available_tokens == 0:
            self._reached += 1
        with trio.move_on_after(self._max_wait_s) as waiting:
            await self._places.acquire_on_behalf_of(place)
        if waiting.cancelled_caught:
            self._timed_out += 1
            raise AdmissionError(
                f"{self._capacity} pushes are under way, and none ended within "
                f"{self._max_wait_s:g} s; send fewer at a time or raise -maxConcurrentInserts"
            )

    async def wait_bytes(self, size: int) -> None:
        """Counts `size` bytes as held, as soon as there is room. Raises AdmissionError."""
        with trio.move_on_after(self._max_wait_s) as waiting:
            while self._held_bytes + size > self._max_total_bytes:
                await self._freed.wait()
        if waiting.cancelled_caught:
            self._timed_out += 1
            raise AdmissionError("pushes under way fill the memory that they may have together")
        self._held_bytes += size

    def statistics(self) -> AdmissionStatistics:
        return AdmissionStatistics(
            current=int(self._places.borrowed_tokens),
            capacity=self._capacity,
            limit_reached_total=self._reached,
            limit_timeout_total=self._timed_out,
            held_bytes=self._held_bytes,
        )
