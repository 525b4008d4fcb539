"""Scrapes one target for ever: wait for the grid, fetch, render, hand on.

Shell: all decisions are in `scraper.scrape`, `scraper.schedule` and `transport`.
Invariant: one call of the sink a scrape; a target that is down, slow or talks nonsense costs its
own task and nothing else.
"""

import logging
from array import array
from collections import Counter
from collections.abc import Callable, Generator
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import attrs
import trio

from scraper.clock import GridClock
from scraper.crowd import Crowd
from scraper.discovery import Discovery
from scraper.exposition.errors import BucketLimitError, ExpositionError
from scraper.exposition.negotiation import Format, choose
from scraper.exposition.outline import Outlines
from scraper.failure_log import FailureLog
from scraper.first_sight import FirstSight
from scraper.labelling import LabelLimitError, SeriesError
from scraper.report import TOO_LARGE, Outcome
from scraper.schedule import Schedule
from scraper.scrape import Rendered, SampleCounts, SampleLimitError, TargetScrape
from scraper.settings import DiscoverySettings
from scraper.setup import JobSetup
from scraper.shapes import Shapes
from scraper.staleness import Filled
from scraper.status import Health, TargetStatus
from scraper.target import Target
from series.batch import Batch, Sink
from series.ranges import RangeCounts
from series.watch import SCRAPED, Watch
from transport.client import Client
from transport.errors import TransportError

if TYPE_CHECKING:
    from scraper.raw import RawBatches

logger = logging.getLogger("promferry.scraper")

# How long the last scrapes took, for the page: so many, four bytes each.
RECENT = 30

Result = TypeVar("Result")
ClientFactory = Callable[[Target, JobSetup], Client]


class AnswerError(Exception):
    """An answer that is no page."""


# What fails a scrape and nothing else.
FAILURES = (TransportError, AnswerError, ExpositionError, SeriesError, SampleLimitError)


@attrs.define
class ScrapeCounts:
    """What became of the scrapes of a job's targets; each counter only grows."""

    scrapes: int = 0
    failed: int = 0
    timed_out: int = 0
    too_large: int = 0
    over_sample_limit: int = 0
    over_label_limit: int = 0
    over_bucket_limit: int = 0
    missed: int = 0
    series_added: int = 0
    dial_errors: int = 0
    gunzip_failed: int = 0
    invalid: int = 0  # pages that are no exposition text
    bad_lines: int = 0  # skipped in good pages (lenient_parse)
    body_bytes: int = 0
    wire_bytes: int = 0
    answers: Counter[int] = attrs.field(factory=Counter)  # by status
    samples: SampleCounts = attrs.field(factory=SampleCounts)


@attrs.frozen
class ScrapeSpread:
    """How long scrapes take and how much they bring."""

    duration_s: RangeCounts = attrs.field(factory=RangeCounts)
    body_bytes: RangeCounts = attrs.field(factory=RangeCounts)
    samples: RangeCounts = attrs.field(factory=RangeCounts)


@attrs.frozen(kw_only=True, eq=False)
class Surroundings:
    """What all loops of a manager share."""

    sink: Sink
    clock: GridClock
    client_for: ClientFactory
    open_discovery: Callable[[DiscoverySettings], Discovery]
    outlines: Outlines = attrs.field(factory=Outlines)
    spread: ScrapeSpread = attrs.field(factory=ScrapeSpread)
    failures: FailureLog = attrs.field(factory=FailureLog)
    watch: Watch = attrs.field(factory=Watch)
    crowd: Crowd = attrs.field(factory=Crowd)
    first_sight: FirstSight = attrs.field(factory=FirstSight)
    seed: int = 0  # of this host, so that two agents do not scrape at the same time


async def drive(steps: Generator[None, None, Result]) -> Result:
    """Run a core's steps, letting other tasks run between them."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: Result = done.value
            return result
        await trio.lowlevel.checkpoint()


class TargetLoop:
    """One target's loop and what it knows. Restarted by a reload, it goes on where it was."""

    def __init__(
        self,
        setup: JobSetup,
        target: Target,
        counts: ScrapeCounts,
        around: Surroundings,
        shapes: Shapes | None = None,
    ) -> None:
        """`shapes`: what the job's targets share; None: this one is alone."""
        self.setup, self.target = setup, target
        self._around = around
        self._counts = counts
        self._scrape = TargetScrape(setup, target, counts.samples, around.outlines, shapes)
        self._client: Client | None = None
        self._headers = setup.headers(target)
        self._schedule = self._new_schedule()
        self._started_s: float | None = None
        # Forces every scrape to fail, without fetching (target_limit).
        self.forced_error = ""
        self._health: Health = "unknown"
        self._last_error = self._format_warning = ""
        self._bad_lines: tuple[str, ...] = ()
        self._bad_lines_total = 0
        self._last_scrape_ms: int | None = None
        self._outcome = Outcome(is_up=False, duration_s=0.0)
        self._recent_s = array("f")
        self._raw: RawBatches | None = None
        self._body_bytes = 0
        self._scrapes = self._failures = 0

    async def reconfigure(self, setup: JobSetup, target: Target) -> None:
        """Before `run` is called again: go on with other settings, the phase stays."""
        before, after = self.setup.job, setup.job
        if (
            before.http != after.http
            or before.disable_keepalive != after.disable_keepalive
            or before.max_header_bytes != after.max_header_bytes
            or self.target.options.unix_socket != target.options.unix_socket
            or self.target.userinfo != target.userinfo
        ):
            await self.aclose()
            self._client = None
        self.setup, self.target = setup, target
        self._scrape.reconfigure(setup, target)
        self._headers = setup.headers(target)
        self._schedule = self._new_schedule()

    async def run(self) -> None:
        """Scrape until cancelled; the connection stays open for the next run."""
        clock = self._around.clock
        now_ms = clock.now_ms()
        while True:
            due_ms = self._schedule.next_due_ms(now_ms)
            woken_ms = await clock.wait_until(due_ms)
            await self.scrape_once(self._schedule.timestamp_ms(due_ms, woken_ms))
            now_ms = self._schedule.after(due_ms, clock.now_ms())

    async def aclose(self) -> None:
        if self._client is not None:
            await self._client.aclose()

    def end(self) -> None:
        """The target is gone for good: mark its series as ended."""
        batches = self._scrape.end(self._around.clock.now_ms())
        if batches:
            self._around.sink.put_nowait(batches)

    async def scrape_once(self, timestamp_ms: int) -> None:
        """One scrape, from the fetch to the sink. It never fails: its report tells of that."""
        started_s = trio.current_time()
        self._count_missed(started_s)
        batches: tuple[Batch, ...]
        self._body_bytes = 0
        try:
            body, format_ = await self._fetch()
            rendered = await self._render(body, timestamp_ms, format_)
        except FAILURES as exc:
            self._note_failure(exc)
            batches = self._scrape.fail(timestamp_ms)
            outcome = _outcome_of(exc, trio.current_time() - started_s)
        except Exception as exc:
            # A mistake of ours that one page brings to light: told in full, and no reason to stop
            # the scraping of all other targets.
            logger.exception("scraping %s failed by an internal error", self.target.url)
            self._note_failure(exc)
            batches = self._scrape.fail(timestamp_ms)
            outcome = _outcome_of(exc, trio.current_time() - started_s)
        else:
            self._note_success()
            self._note_bad_lines(rendered)
            if self._around.watch.at[SCRAPED]:
                self._show(rendered, timestamp_ms)
            else:
                self._raw = None
            self._counts.series_added += rendered.series_added
            batches = rendered.batches
            outcome = Outcome(
                is_up=True,
                duration_s=trio.current_time() - started_s,
                scraped=rendered.scraped,
                post_relabel=rendered.post_relabel,
                series_added=rendered.series_added,
                body_bytes=self._body_bytes,
            )
        self._outcome, self._last_scrape_ms = outcome, timestamp_ms
        self._recent_s.append(outcome.duration_s)
        del self._recent_s[:-RECENT]
        self._spread(outcome)
        self._around.sink.put_nowait((*batches, *self._scrape.report(outcome, timestamp_ms)))

    async def _render(self, body: bytes, timestamp_ms: int, format_: Format) -> Rendered:
        # Fast path: the target was scraped before.
        if not self._scrape.is_new:
            return await drive(self._scrape.render(body, timestamp_ms, format_))
        async with self._around.first_sight.turn():
            return await drive(self._scrape.render(body, timestamp_ms, format_))

    def _show(self, rendered: Rendered, timestamp_ms: int) -> None:
        """To those who watch scrapes."""
        from scraper.raw import RawBatches  # late: hardly anybody watches

        if self._raw is None:
            self._raw = RawBatches()
        batch = self._raw.of(rendered.page, self.target.lane_key, timestamp_ms)
        self._around.watch.see(SCRAPED, self.target.url, (batch,))

    def _spread(self, outcome: Outcome) -> None:
        spread = self._around.spread
        spread.duration_s.observe(outcome.duration_s)
        if outcome.is_up:
            spread.body_bytes.observe(self._body_bytes)
            spread.samples.observe(outcome.scraped)

    async def _fetch(self) -> tuple[bytes, Format]:
        """The page and its format. Raises TransportError and AnswerError."""
        if self.forced_error:
            raise AnswerError(self.forced_error)
        if self._client is None:
            self._client = self._around.client_for(self.target, self.setup)
        response = await self._client.request(
            "GET",
            headers=self._headers,
            timeout_s=self.target.timeout_s,
            max_body_bytes=self.setup.max_body_bytes(self.target),
        )
        self._body_bytes = len(response.body)
        self._counts.body_bytes += len(response.body)
        self._counts.wire_bytes += response.wire_bytes
        self._counts.answers[response.status] += 1
        if response.status != HTTPStatus.OK:
            raise AnswerError(f"server returned HTTP status {_status_text(response.status)}")
        return response.body, self._format_of(response.header("content-type"))

    def _format_of(self, content_type: str | None) -> Format:
        choice = choose(content_type, self.setup.job.fallback_scrape_protocol)
        # Once, not each time: a target does not change its mind.
        if choice.warning and choice.warning != self._format_warning:
            logger.warning("target %s: %s", self.target.url, choice.warning)
        self._format_warning = choice.warning
        return choice.format

    def _count_missed(self, started_s: float) -> None:
        if self._started_s is not None:
            self._counts.missed += self._schedule.missed(started_s - self._started_s)
        self._started_s = started_s
        self._counts.scrapes += 1
        self._scrapes += 1

    def _note_success(self) -> None:
        if self._health == "down" and not self.setup.job.suppress_scrape_errors:
            logger.info("target %s of job %s is up again", self.target.url, self.setup.job.job_name)
        self._health, self._last_error = "up", ""

    def _note_bad_lines(self, rendered: Rendered) -> None:
        """Those that a lenient job skipped."""
        self._counts.bad_lines += rendered.bad_count
        self._bad_lines_total += rendered.bad_count
        if rendered.bad_lines and not self._bad_lines:
            logger.warning("target %s: bad lines: %s", self.target.url, rendered.bad_lines[0])
        self._bad_lines = tuple([str(error) for error in rendered.bad_lines])

    def _note_failure(self, exc: Exception) -> None:
        self._failures += 1
        self._counts.failed += 1
        if isinstance(exc, TransportError):
            self._counts.timed_out += exc.kind == "timeout"
            self._counts.too_large += exc.kind == "too_large"
            self._counts.dial_errors += exc.kind in ("resolve", "connect")
            self._counts.gunzip_failed += exc.kind == "protocol" and "gzip" in str(exc)
        self._counts.invalid += isinstance(exc, ExpositionError)
        self._counts.over_sample_limit += isinstance(exc, SampleLimitError)
        # What was over a limit is told around it.
        causes = (exc, exc.__cause__)
        self._counts.over_label_limit += any(isinstance(each, LabelLimitError) for each in causes)
        self._counts.over_bucket_limit += isinstance(exc.__cause__, BucketLimitError)
        if path := self.setup.job.scrape_failure_log_file:
            self._around.failures.note(
                path,
                now_ms=self._around.clock.now_ms(),
                job_name=self.setup.job.job_name,
                url=self.target.url,
                reason=str(exc),
            )
        # At the change only: the page shows the rest.
        if self._health != "down" and not self.setup.job.suppress_scrape_errors:
            job_name = self.setup.job.job_name
            logger.warning("target %s of job %s is down: %s", self.target.url, job_name, exc)
        self._health, self._last_error = "down", str(exc)

    def _new_schedule(self) -> Schedule:
        return Schedule.of(
            self.target.interval_s,
            self.target.stable_hash ^ self._around.seed ^ self.setup.seed,
            align_s=self.setup.job.scrape_align_interval_s,
            shift_s=self.setup.job.scrape_offset_s,
            slot_ms=self._around.crowd.slot_ms,
        )

    @property
    def health(self) -> Health:
        return self._health

    @property
    def alive(self) -> Filled:
        """The final series of the last good page."""
        return self._scrape.alive

    @property
    def series_count(self) -> int:
        """The final series of the last good page."""
        return self._scrape.series_count

    def comments(self) -> frozenset[bytes]:
        return self._scrape.comments()

    def status(self) -> TargetStatus:
        job_name = self.setup.job.job_name
        return TargetStatus(
            job=dict(self.target.labels).get("job", job_name),
            pool=job_name,
            discovered_labels=self.target.discovered_labels,
            labels=dict(self.target.labels),
            url=self.target.url,
            interval_s=self.target.interval_s,
            timeout_s=self.target.timeout_s,
            health=self._health,
            last_error=self._last_error,
            last_scrape_ms=self._last_scrape_ms,
            last_duration_s=self._outcome.duration_s,
            recent_durations_s=tuple(self._recent_s),
            samples_scraped=self._outcome.scraped,
            samples_post_relabel=self._outcome.post_relabel,
            body_bytes=self._body_bytes,
            scrapes_total=self._scrapes,
            scrapes_failed_total=self._failures,
            bad_lines=self._bad_lines,
            bad_lines_total=self._bad_lines_total,
        )


def _outcome_of(exc: Exception, duration_s: float) -> Outcome:
    if isinstance(exc, SampleLimitError):
        return Outcome(
            is_up=False,
            duration_s=duration_s,
            scraped=exc.scraped,
            post_relabel=exc.post_relabel,
        )
    is_too_large = isinstance(exc, TransportError) and exc.kind == "too_large"
    return Outcome(is_up=False, duration_s=duration_s, body_bytes=TOO_LARGE if is_too_large else 0)


def _status_text(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)
