"""One lane: takes its oldest Block, POSTs it, acts on the verdict, and so for ever.

Takes Blocks from the queue; gives them to the remote. A shell: what an answer means is `judge`'s.
Invariants: strictly first in first out, one request in flight; a body is sent again only after
an answer or a failure; a Block is acknowledged only when every sample of it was answered for.
"""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, assert_never

import attrs
import trio

from pushqueue.backoff import Backoff
from pushqueue.block import Block, Encoding
from pushqueue.codec import CodecError, transcode
from pushqueue.delivery import Delivery
from pushqueue.dialect import HEADERS, WORDS, Dialect, Written
from pushqueue.health import Health
from pushqueue.judge import (
    NO_ANSWERS,
    Answers,
    Done,
    Hold,
    Refuse,
    Retry,
    TooLarge,
    Verdict,
    judge,
)
from pushqueue.queue import Queue
from pushqueue.rejected import Rejection
from pushqueue.rejected_log import RejectedLog
from pushqueue.settings import RW1
from pushqueue.thinning import Thinner
from pushqueue.throttle import Throttle
from transport.errors import TransportError

_Failure = Retry | Hold | TooLarge | Refuse


@attrs.frozen
class Outcome:
    """What came of one attempt. `other`: the encoding to send the same samples in at once."""

    verdict: Verdict
    written: Written | None = None
    other: Encoding | None = None


# Only the start of an error's text is of use, and that of a success is ignored (remote write 1.0).
MAX_ANSWER_BYTES = 4096
_SHOWN_ANSWER_BYTES = 200

# After a hold, how late a lane may notice that another was let in.
HOLD_LOOK_S = 0.25

# What a polite end of a connection may take out of the five seconds of a stop.
CLOSE_S = 0.25


class Answer(Protocol):
    """What `transport.client.Response` is to a sender."""

    @property
    def status(self) -> int: ...
    @property
    def body(self) -> bytes: ...
    @property
    def is_resent(self) -> bool: ...
    def header(self, name: str) -> str | None: ...


class Poster(Protocol):
    """What `transport.client.Client` is to a sender."""

    async def request(
        self,
        method: str,
        *,
        target: str | None = None,
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
        timeout_s: float,
        max_body_bytes: int,
        when_too_large: Literal["refuse", "cut"] = "refuse",
    ) -> Answer: ...
    async def aclose(self) -> None: ...


@attrs.define(eq=False)
class Sender:
    """Sends lane `lane` of `queue`; `health` and `dialect` are shared by the lanes of a remote.

    `probe_target`: path and query that ask for VictoriaMetrics' encoding; `answers`: statuses
    that this remote means otherwise.
    """

    lane: int
    queue: Queue
    client: Poster
    health: Health
    backoff: Backoff
    timeout_s: float
    wall_ms: Callable[[], int]
    rejected: RejectedLog | None = None
    dialect: Dialect = attrs.field(factory=lambda: Dialect(RW1))
    probe_target: str | None = None
    answers: Answers = NO_ANSWERS
    throttle: Throttle | None = None
    thinner: Thinner = attrs.field(factory=Thinner)
    may_split: bool = True
    has_accepted: bool = False

    async def run(self) -> None:
        try:
            while True:
                await self._deliver(await self.queue.head(self.lane))
        finally:
            with trio.CancelScope(shield=True, deadline=trio.current_time() + CLOSE_S):
                await self.client.aclose()

    async def _deliver(self, block: Block) -> None:
        # Sending is in order, so once one was accepted, what is behind it was never sent before.
        is_new = self.has_accepted and self.queue.is_in_order
        may_be_known = not is_new and self.queue.is_from_before(block)
        delivery = Delivery(block, may_be_known=may_be_known, may_split=self.may_split)
        self._spare(block, delivery)
        attempt = 0
        tried: Encoding | None = None  # after the remote refused another one for this Block
        while (part := delivery.next_part()) is not None:
            await self._wait_hold()
            wanted = self.dialect.sendable(part.encoding)
            if wanted is not part.encoding and part.encoding is not tried:
                self._recode(part, wanted, delivery)
                continue
            if self.dialect.take_probe():
                await self._probe()
            if self.throttle is not None:
                await self.throttle.wait(len(part.body))
                if not self.queue.is_current(block):
                    return
            outcome = await self._post(part, attempt, delivery)
            self.health.speaks(self.dialect.encoding.name, WORDS[self.dialect.encoding])
            if outcome.other is not None:
                tried = outcome.other
                self._recode(part, outcome.other, delivery)
                continue
            attempt += 1
            pause_s = self._act(outcome, part, delivery)
            if pause_s is None:
                attempt = 0
                self.backoff.reset()
                continue
            self.health.retries += 1
            self.queue.tell_change()
            await trio.sleep(pause_s)
            if not self.queue.is_current(block):
                self.health.let_go(self.lane)
                return
        self._conclude(delivery)
        await self.queue.acknowledge(block)

    async def _wait_hold(self) -> None:
        # No event tells that a time has moved or that another lane was let in, so it is looked at.
        while not self.health.may_try(self.lane, now := trio.current_time()):  # noqa: ASYNC110
            await trio.sleep_until(max(self.health.hold_until, now + HOLD_LOOK_S))

    def _spare(self, block: Block, delivery: Delivery) -> None:
        """Leaves out every second tick while the data budget is nearly spent."""
        if self.throttle is None or not self.throttle.thins:
            return
        try:
            thin = self.thinner.thin(block)
        except CodecError:
            return
        delivery.replace(() if thin is None else (thin,))
        lost = block.sample_count - (0 if thin is None else thin.sample_count)
        if lost:
            self.health.dropped["budget"] += lost

    async def _post(self, part: Block, attempt: int, delivery: Delivery) -> Outcome:
        headers = HEADERS[part.encoding]
        if attempt:
            headers = (*headers, ("Retry-Attempt", str(attempt)))
        self.health.requests += 1
        started = trio.current_time()
        try:
            answer = await self.client.request(
                "POST",
                headers=headers,
                body=part.body,
                timeout_s=self.timeout_s,
                max_body_bytes=MAX_ANSWER_BYTES,
                when_too_large="cut",
            )
        except TransportError as exc:
            self.dialect.unreachable()
            return Outcome(self._without_answer(exc, delivery))
        finally:
            took_s = trio.current_time() - started
            self.health.request_seconds += took_s
            self.health.durations.observe(took_s)
        self.health.answers[answer.status] += 1
        if answer.is_resent:
            # It went out on a connection that had ended, and once more: both may have come.
            delivery.unanswered()
        written = Written.of(answer.header) if part.encoding.is_v2 else None
        other = self.dialect.other(part.encoding, answer.status, written)
        verdict = self._judge(answer.status, answer.header("retry-after"))
        if isinstance(verdict, Done):
            return Outcome(verdict, written, other)
        return Outcome(_with_words(verdict, answer.body), written, other)

    async def _probe(self) -> None:
        """Asks whether the remote takes VictoriaMetrics' encoding."""
        try:
            answer = await self.client.request(
                "GET",
                target=self.probe_target,
                timeout_s=self.timeout_s,
                max_body_bytes=MAX_ANSWER_BYTES,
                when_too_large="cut",
            )
        except TransportError:
            self.dialect.unreachable()  # asked again when the remote answers
        else:
            self.dialect.probed(answer.status, answer.body)

    def _recode(self, part: Block, encoding: Encoding, delivery: Delivery) -> None:
        try:
            parts = transcode(part, encoding)
        except CodecError as exc:
            delivery.not_accepted(Refuse(f"cannot be sent as {encoding.name}: {exc}"))
            return
        delivery.replace(parts)
        lost = part.sample_count - sum([each.sample_count for each in parts])
        if lost:
            self.health.dropped["custom_buckets"] += lost

    def _without_answer(self, exc: TransportError, delivery: Delivery) -> Verdict:
        self.health.request_errors += 1
        if exc.status is not None:
            # The head had come, and the status is all that counts: a success whose body is
            # garbage or cut is a success.
            self.health.answers[exc.status] += 1
            return self._judge(exc.status, None)
        if exc.may_have_arrived:
            delivery.unanswered()
        return Retry(str(exc))

    def _judge(self, status: int, retry_after: str | None) -> Verdict:
        return judge(status, retry_after, self.wall_ms(), self.answers)

    def _act(self, outcome: Outcome, part: Block, delivery: Delivery) -> float | None:
        """Books the verdict; the pause before the same part is tried again, None if it is not."""
        now_ms = self.wall_ms()
        verdict, written = outcome.verdict, outcome.written
        match verdict:
            case Done():
                delivery.accepted()
                self.dialect.accepted(part.encoding)
                if written is not None:
                    self._book_shortfall(part, written)
                size = len(part.body)
                self.health.delivered(part.sample_count, size, part.newest_ms, now_ms, self.lane)
                self.may_split = self.has_accepted = True
                return None
            case Retry():
                self.health.failed(verdict.reason, now_ms)
                own = self.backoff.next_delay_s()
                return own if verdict.after_s is None else verdict.after_s
            case Hold():
                pause_s = max(verdict.after_s, self.backoff.next_delay_s())
                self.health.held(verdict.reason, trio.current_time() + pause_s, now_ms)
                return pause_s
            case Refuse() if written is not None and written.points:
                points = min(written.points, part.sample_count)
                delivery.partly_accepted(verdict, points)
                size = len(part.body)
                self.health.delivered(points, size, part.newest_ms, now_ms, self.lane)
                return None
            case TooLarge() | Refuse():
                delivery.not_accepted(verdict)
                self.health.answered(now_ms)
                return None
            case _:
                assert_never(verdict)

    def _book_shortfall(self, part: Block, written: Written) -> None:
        """Of a success: what the remote says that it did not write is lost."""
        points = max(0, part.sample_count - written.points)
        exemplars = max(0, (part.exemplar_count or 0) - written.exemplars)
        if points:
            self.health.dropped["not_written"] += points
        self.health.unwritten_exemplars += exemplars

    def _conclude(self, delivery: Delivery) -> None:
        for refused in delivery.refused:
            kind = "maybe_delivered" if refused.is_maybe_delivered else "refused"
            samples = refused.part.sample_count
            now_ms = self.wall_ms()
            self.health.refused(refused.reason, samples, now_ms, kind=kind)
            if self.rejected is not None:
                self.rejected.note(
                    Rejection(part=refused.part, words=refused.reason, kind=kind, time_ms=now_ms)
                )
        if delivery.is_wholly_refused:
            self.may_split = False


def _with_words(verdict: _Failure, body: bytes) -> _Failure:
    """The verdict with the remote's own words, for people; they decide nothing."""
    words = " ".join(body[:_SHOWN_ANSWER_BYTES].decode("utf-8", "replace").split())
    return attrs.evolve(verdict, reason=f"{verdict.reason}: {words}") if words else verdict
