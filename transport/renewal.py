"""Something with an end, such as a token: fetched when needed, anew before it ends.

Takes a coroutine that fetches; gives the value at hand.
Invariant: all who share a Renewed share its value, and one of them fetches at a time.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs
import trio

from transport.errors import TransportError
from transport.files import Watch

logger = logging.getLogger("promferry.transport")

T = TypeVar("T")

# After a failure all who share the value get it for so long, so that a thousand targets do not
# fall upon the token server one after the other; also how old a value must be for a 401 to end it.
HOLD_OFF_S = 5.0


@attrs.frozen
class Lease(Generic[T]):
    """A value and how long it lives. `watch`: the files that it was made from."""

    value: T = attrs.field(repr=False)
    life_s: float = float("inf")
    watch: Watch | None = None


class Renewed(Generic[T]):
    """`place` says where the value comes from, for messages. `margin_s`: how long before its end
    a value is renewed; one that does not live that long serves for half of its life."""

    def __init__(
        self, place: str, fetch: Callable[[], Awaitable[Lease[T]]], *, margin_s: float
    ) -> None:
        self.place = place
        self._fetch = fetch
        self._margin_s = margin_s
        self._lock = trio.Lock()
        self._lease: Lease[T] | None = None
        self._fetched_s = self._renew_at_s = self._expires_s = 0.0
        self._failure: TransportError | None = None
        self._failed_s = 0.0

    def maybe_value(self) -> T | None:
        """The value at hand, if it is good for a while."""
        lease = self._lease
        if lease is None or trio.current_time() > self._renew_at_s:
            return None
        if lease.watch is not None and lease.watch.has_changed():
            return None
        return lease.value

    async def value(self) -> T:
        """Raises TransportError (auth)."""
        async with self._lock:
            value = self.maybe_value()  # another client may have fetched it by now
            if value is not None:
                return value
            now_s = trio.current_time()
            if self._failure is not None and now_s - self._failed_s < HOLD_OFF_S:
                return self._last_resort(self._failure)
            try:
                self._keep(await self._fetch())
            except TransportError as exc:
                is_first = self._failure is None
                self._failure, self._failed_s = exc, now_s
                value = self._last_resort(exc)
                if is_first:
                    logger.warning("credentials cannot be renewed, the old ones serve: %s", exc)
                return value
            self._failure = None
            assert self._lease is not None
            return self._lease.value

    def refused(self) -> None:
        """The server did not accept the value: fetch anew, unless it is as good as new."""
        if self._lease is not None and trio.current_time() - self._fetched_s > HOLD_OFF_S:
            self._lease = None

    def _keep(self, lease: Lease[T]) -> None:
        life_s = lease.life_s
        margin_s = self._margin_s if life_s > 2 * self._margin_s else life_s / 2
        self._lease, self._fetched_s = lease, trio.current_time()
        self._expires_s = self._fetched_s + life_s
        self._renew_at_s = self._expires_s - margin_s

    def _last_resort(self, failure: TransportError) -> T:
        """A value that should have been renewed, but has not ended yet, is better than none."""
        lease = self._lease
        if lease is not None and trio.current_time() < self._expires_s:
            return lease.value
        raise TransportError("auth", str(failure)) from failure
