"""Metadata to a 1.0 remote: all of it, every interval, apart from the samples.

Takes a way to ask for families; POSTs them. A shell. DESIGN section 8, 10.
Invariant: metadata is never queued; what a remote does not take now is dropped, counted, and comes
again at the next interval. Never: delays or holds a sample.
"""

from collections.abc import Awaitable, Callable, Sequence

import attrs
import snappy
import trio

from pushqueue.block import Encoding
from pushqueue.dialect import HEADERS, Dialect
from pushqueue.health import OK, Health
from pushqueue.metered import Pressure
from pushqueue.sender import CLOSE_S, MAX_ANSWER_BYTES, Poster
from pushqueue.settings import MetadataSettings
from pushqueue.throttle import Throttle
from pushqueue.wire.metadata import metadata_message
from series.metadata import Metadata
from transport.errors import TransportError

GiveFamilies = Callable[[], Awaitable[Sequence[Metadata]]]


@attrs.define(eq=False)
class MetadataSender:
    """`sent_total` and `dropped_total` count families."""

    settings: MetadataSettings
    client: Poster
    health: Health
    dialect: Dialect
    families: GiveFamilies
    timeout_s: float
    throttle: Throttle | None = None
    sent_total: int = 0
    dropped_total: int = 0

    async def run(self) -> None:
        try:
            while True:
                await trio.sleep(self.settings.send_interval_s)
                # 2.0 carries it with every series.
                if not self.dialect.encoding.is_v2:
                    await self.send(await self.families())
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSE_S):
                await self.client.aclose()

    async def send(self, families: Sequence[Metadata]) -> None:
        size = self.settings.max_samples_per_send
        for start in range(0, len(families), size):
            chosen = families[start : start + size]
            if self._may_send and await self._post(chosen):
                self.sent_total += len(chosen)
            else:
                self.dropped_total += len(chosen)

    @property
    def _may_send(self) -> bool:
        is_dear = self.throttle is not None and self.throttle.pressure >= Pressure.HOLD
        return self.health.state == OK and not is_dear

    async def _post(self, families: Sequence[Metadata]) -> bool:
        body = snappy.compress(metadata_message(families))
        if self.throttle is not None:
            self.throttle.charge(len(body))
        try:
            answer = await self.client.request(
                "POST",
                headers=HEADERS[Encoding.RW1_SNAPPY],
                body=body,
                timeout_s=self.timeout_s,
                max_body_bytes=MAX_ANSWER_BYTES,
                when_too_large="cut",
            )
        except TransportError:
            return False  # the senders of samples tell it
        return 200 <= answer.status < 300
