"""How many pushes are taken at once, and how much memory they may fill together.

Takes wishes to push; gives a turn to some at a time, or refuses when the wait is over.
Invariant: at most `capacity` have their turn, and at most `max_total_bytes` of bodies are held. A
body arrives before its turn comes, so that a client that does not go on sending costs nobody a
turn; what arrives may hold all but what the largest request needs to be opened.
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
        self.has_turn = False

    async def reserve(self, size: int, *, is_arriving: bool = False) -> None:
        """Before `size` more bytes are held. Raises AdmissionError."""
        await self._admission.wait_bytes(size, is_arriving=is_arriving)
        self.held_bytes += size

    async def arrived(self, size: int) -> None:
        """For so many more bytes of the body. Raises AdmissionError."""
        await self.reserve(size, is_arriving=True)

    async def wait_turn(self) -> None:
        """Before anything is decoded. Raises AdmissionError."""
        await self._admission.acquire(self)
        self.has_turn = True


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
        """Gives back in the end all that was reserved."""
        place = Place(self)
        try:
            yield place
        finally:
            if place.has_turn:
                self._places.release_on_behalf_of(place)
            self._held_bytes -= place.held_bytes
            self._freed.set()
            self._freed = trio.Event()

    async def acquire(self, place: Place) -> None:
        """Waits for a turn. Raises AdmissionError."""
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

    async def wait_bytes(self, size: int, *, is_arriving: bool = False) -> None:
        """Counts `size` bytes as held, as soon as there is room. Raises AdmissionError."""
        most = self._max_total_bytes
        if is_arriving:
            most = max(self.max_request_bytes, most - self.max_request_bytes)
        with trio.move_on_after(self._max_wait_s) as waiting:
            while self._held_bytes + size > most:
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
