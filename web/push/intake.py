"""What all pushes have in common: a place, a body, decoding in steps, putting, acknowledging.

Takes a request; gives what was taken of it, or raises PushError, which every protocol words in its
own way. Invariant: what was acknowledged is in the fan-out, with `is_durable` on every remote's
disk; what was refused is not to be found there, so that a pusher may send it again.
"""

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import attrs
import trio

from pushqueue.overload import RETRY_AFTER_S, Refusal
from receivers.counts import PushCounts
from receivers.errors import DecodeError
from receivers.families import PushedFamilies
from receivers.inflate import decoded_size, inflate
from receivers.otlp.receive import OtlpReceiver
from receivers.remote_write_receive import RemoteWriteReceiver
from series.batch import Batch
from series.labels import Labels
from web.admission import Admission, AdmissionError, Place
from web.answer import HttpError
from web.bodies import read_pieces
from web.request import Request
from web.responses import Pace

T = TypeVar("T")

BODY_TIMEOUT_S = 60.0
# Smaller bodies are opened sooner than a thread begins.
SOON_BYTES = 262_144
MAX_EXTRA_LABELS = 64


class PushSink(Protocol):
    """`pushqueue.fanout.FanOut`."""

    def prepare(self, batch: Batch) -> Iterator[None]: ...
    def put_nowait(self, batches: Sequence[Batch]) -> None: ...
    async def put_durable(self, batches: Sequence[Batch]) -> bool: ...
    def refusal(self) -> Refusal | None: ...


class PushError(Exception):
    """A push that is not taken. `retry_after_s`: when it may be, None if never."""

    def __init__(
        self, status: int, reason: str, message: str, retry_after_s: int | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message
        self.retry_after_s = retry_after_s


@attrs.frozen(kw_only=True)
class Receivers:
    """The decoders of one configuration; a reload may make others."""

    otlp: OtlpReceiver
    remote_write: RemoteWriteReceiver


@attrs.frozen(kw_only=True)
class Intake:
    """`receivers` gives those that count now. Sizes are of decoded bodies."""

    sink: PushSink
    admission: Admission
    counts: PushCounts
    families: PushedFamilies
    receivers: Callable[[], Receivers]
    is_durable: bool = False
    max_otlp_bytes: int = 64 * 2**20
    max_write_bytes: int = 32 * 2**20

    @asynccontextmanager
    async def place(self, kind: str) -> AsyncIterator[Place]:
        """Room for one push; whatever goes wrong in it becomes a counted PushError."""
        try:
            self._check_room()
            async with self.admission.place() as place:
                yield place
        except PushError as exc:
            self.counts.refused(kind, exc.reason)
            raise
        except AdmissionError as exc:
            self.counts.refused(kind, "concurrency")
            raise PushError(503, "concurrency", str(exc), exc.retry_after_s) from exc
        except DecodeError as exc:
            self.counts.refused(kind, exc.reason)
            raise PushError(exc.status, exc.reason, str(exc)) from exc
        except HttpError as exc:
            reason = "too_large" if exc.status_code == 413 else "body"
            self.counts.refused(kind, reason)
            raise PushError(exc.status_code, reason, str(exc.detail)) from exc

    def _check_room(self) -> None:
        found = self.sink.refusal()
        if found is not None:
            raise PushError(found.status, "queue_full", found.reason, found.retry_after_s)

    async def body(self, request: Request, place: Place, max_bytes: int) -> list[bytes]:
        """The body as it came, in pieces, all of it there; its turn has come as well."""
        body = await read_pieces(
            request, max_bytes=max_bytes, timeout_s=BODY_TIMEOUT_S, arrived=place.arrived
        )
        await place.wait_turn()
        return body

    async def opened(self, body: list[bytes], encoding: str, place: Place, max_bytes: int) -> bytes:
        """The decoded body; the pieces are given up."""
        told = decoded_size(body, encoding, max_bytes)
        await place.reserve(told)
        data = _opened_soon(body, encoding, told, max_bytes)
        if data is None:
            data = await trio.to_thread.run_sync(inflate, body, encoding, max_bytes)
        body.clear()  # held once, not twice
        if encoding != "identity" and len(data) > told:
            await place.reserve(len(data) - told)  # it said less than was in it
        return data

    async def put(self, batches: Sequence[Batch]) -> None:
        """Raises PushError if the queue has no room, or cannot make it durable."""
        self._check_room()
        pace = Pace()
        for batch in batches:
            for _ in self.sink.prepare(batch):
                await pace.breathe()
        if not self.is_durable:
            for batch in batches:
                self.sink.put_nowait((batch,))
                await pace.breathe()
        elif batches and not await self.sink.put_durable(batches):
            text = "not all remotes have it on their disks yet (-push.ack=durable)"
            raise PushError(503, "not_durable", text, RETRY_AFTER_S)


def _opened_soon(body: Sequence[bytes], encoding: str, told: int, max_bytes: int) -> bytes | None:
    """A small body; None if it is large, whatever it says of itself."""
    if len(body) > 1 or told > SOON_BYTES:
        return None
    try:
        return inflate(body, encoding, max_bytes if encoding == "identity" else told)
    except DecodeError as exc:
        if exc.reason != "too_large" or told == max_bytes:
            raise
        return None


async def all_steps(steps: Generator[None, None, T]) -> T:
    """What the steps come to; others run in between."""
    pace = Pace()
    while True:
        try:
            next(steps)
        except StopIteration as done:
            value: T = done.value
            return value
        await pace.breathe()


def extra_labels(request: Request) -> Labels:
    """Those of `?extra_label=name=value`, as in vmagent. Raises PushError."""
    found: dict[str, str] = {}
    for text in request.query_params.all_of("extra_label"):
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise PushError(400, "extra_label", f"extra_label={text[:80]!r} is not name=value")
        found[name] = value
    if len(found) > MAX_EXTRA_LABELS:
        raise PushError(400, "extra_label", f"more than {MAX_EXTRA_LABELS} extra labels")
    return tuple(sorted(found.items()))
