"""One target's pages made into batches: the core behind the loop.

Takes bodies, failures and timestamps; gives the batches that each scrape leaves to the sink, in one
list: samples, markers, report.
Invariant: a failed scrape leaves no sample of its page, a marker for every series that was alive,
and a report; nothing else is changed by it.
Never: fetches, waits, reads a clock.
"""

from collections.abc import Generator

import attrs

from scraper.batching import Batcher
from scraper.exposition.bodies import BodyReader, ReadOptions
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from scraper.labelling import Labelling
from scraper.memo import Memo
from scraper.plan import Plan
from scraper.report import Outcome, constants, figures, report
from scraper.series_limit import SeriesLimit
from scraper.setup import JobSetup
from scraper.shapes import Shapes
from scraper.staleness import NONE, Filled, Staleness
from scraper.stamps import Selection, StampFilter
from scraper.target import Target
from series.batch import Batch


class SampleLimitError(ValueError):
    """A page with more samples than its job allows. The report tells of them all the same."""

    def __init__(self, limit: int, scraped: int, post_relabel: int) -> None:
        super().__init__(
            f"sample_limit {limit} exceeded: {post_relabel} samples after metric relabelling, "
            f"{post_relabel - limit} too many"
        )
        self.scraped, self.post_relabel = scraped, post_relabel


@attrs.define
class SampleCounts:
    """What became of samples, over all targets of a job; each counter only grows."""

    stored: int = 0
    duplicates: int = 0
    out_of_order: int = 0
    out_of_bounds: int = 0
    over_series_limit: int = 0
    markers: int = 0


@attrs.frozen(kw_only=True)
class Rendered:
    """A good page's batches, and its numbers for the report."""

    batches: tuple[Batch, ...]
    scraped: int
    post_relabel: int
    series_added: int
    bad_lines: tuple[ExpositionError, ...] = ()
    bad_count: int = 0
    page: Page


class TargetScrape:
    """What is known of one target between scrapes."""

    def __init__(
        self,
        setup: JobSetup,
        target: Target,
        counts: SampleCounts,
        outlines: Outlines,
        shapes: Shapes | None = None,
    ) -> None:
        """`outlines`, `shapes`: what the targets of a job share; None: this one is alone."""
        self._counts = counts
        self._shapes = shapes or Shapes()
        self._lane_key = target.lane_key
        self._reader = BodyReader(outlines)
        self._batcher = Batcher(target.lane_key)
        self._stamps = StampFilter()
        self._staleness = Staleness()
        self._series = SeriesLimit()
        self._report_series = self._reported = NONE
        self._last_ms = 0
        self._labelling: Labelling | None = None
        self.reconfigure(setup, target)

    def reconfigure(self, setup: JobSetup, target: Target) -> None:
        """Go on with other settings; markers will tell of the series that end by them."""
        job = setup.job
        self._sample_limit = target.options.sample_limit
        if target.options.series_limit != self._series.limit:
            self._series = SeriesLimit(target.options.series_limit)
        self._constants = constants(target)
        self._marks = not job.no_stale_markers
        self._reader.options = ReadOptions.of(job, target.options)
        self._stamps.honor = job.honor_timestamps
        self._stamps.track_staleness = job.track_timestamps_staleness
        labelling = setup.labelling(target)
        if labelling != self._labelling:
            self._labelling = labelling
            self._memo = Memo(labelling, self._shapes)
            self._report_names = labelling.reports
            series = Filled(self._memo.shape.report_layout, self._memo.chunks)
            if _texts(series) != _texts(self._report_series):
                self._report_series = series

    def render(
        self, body: bytes, timestamp_ms: int, format_: Format = Format.TEXT
    ) -> Generator[None, None, Rendered]:
        """A good answer's body.

        Raises ExpositionError, SeriesError and SampleLimitError; then `fail` is next.
        """
        memo = self._memo
        try:
            page, plan = yield from self._read(body, format_)
        except ValueError:
            yield from memo.tidy()
            raise
        if 0 < self._sample_limit < plan.kept_count:
            raise SampleLimitError(self._sample_limit, len(page.keys), plan.kept_count)
        # From here on nothing fails, so state may change.
        selected = self._stamps.select(page, plan, memo, timestamp_ms)
        selection = yield from self._series.admit(selected, memo, timestamp_ms)
        tracked = Filled(selection.tracked, memo.chunks)
        gone = yield from self._staleness.vanished(tracked)
        self._staleness.succeeded(tracked)
        self._count(selection)
        marks = self._markers(gone, timestamp_ms)
        batches = self._batcher.batches(page, selection, memo, self._reader.families())
        return Rendered(
            batches=(*batches, *marks),
            scraped=len(page.keys),
            post_relabel=plan.kept_count,
            series_added=memo.added,
            bad_lines=page.bad_lines,
            bad_count=page.bad_count,
            page=page,
        )

    def _read(self, body: bytes, format_: Format) -> Generator[None, None, tuple[Page, Plan]]:
        memo = self._memo
        page = yield from self._reader.read(body, memo, format_)
        plan = yield from memo.plan(page.keys)
        if page.places is not None and plan.duplicates:
            # Of equal final series the first of the body counts, whatever came first before.
            added = memo.added
            page = page.in_body_order()
            plan = yield from memo.plan(page.keys)
            memo.added += added
        return page, plan

    def fail(self, timestamp_ms: int) -> tuple[Batch, ...]:
        """The markers that a failed scrape leaves."""
        return self._markers(self._staleness.ended(), timestamp_ms)

    def report(self, outcome: Outcome, timestamp_ms: int) -> tuple[Batch, ...]:
        """The report of a scrape, good or not."""
        values = figures(outcome) | self._constants
        values["scrape_series_current"] = self._series.current
        values["scrape_series_limit_samples_dropped"] = self._series.dropped if outcome.is_up else 0
        series = self._report_series
        batch = report(
            self._lane_key, series.layout, series.chunks, self._report_names, values, timestamp_ms
        )
        self._last_ms = max(self._last_ms, timestamp_ms)
        ended, self._reported = self._reported, series
        # Fast path: the same labels as at the last report.
        if ended is series:
            return (batch,)
        return (batch, *self._markers(ended, timestamp_ms))

    def end(self, now_ms: int) -> tuple[Batch, ...]:
        """The markers of a target that is gone: all its series and those of its report."""
        # Later than the last sample, whatever the clock says, or a receiver would refuse them.
        timestamp_ms = max(now_ms, self._last_ms + 1)
        series = self._markers(self._staleness.ended(), timestamp_ms)
        return (*series, *self._markers(self._reported, timestamp_ms))

    def comments(self) -> frozenset[bytes]:
        """Comment lines of the last good page, for whoever asks for metadata."""
        return self._reader.comments()

    @property
    def is_new(self) -> bool:
        """No page was read yet, or none since the labels of its series changed."""
        return self._memo.is_new

    @property
    def alive(self) -> Filled:
        """The final series of the last good page."""
        return self._memo.alive

    @property
    def series_count(self) -> int:
        """The final series of the last good page."""
        return self._memo.series_count

    def _markers(self, gone: Filled, timestamp_ms: int) -> tuple[Batch, ...]:
        if not len(gone) or not self._marks:
            return ()
        self._counts.markers += len(gone)
        return self._batcher.markers(gone, timestamp_ms)

    def _count(self, selection: Selection) -> None:
        counts = self._counts
        counts.stored += len(selection.values)
        counts.duplicates += selection.duplicates
        counts.out_of_order += selection.out_of_order
        counts.out_of_bounds += selection.out_of_bounds
        counts.over_series_limit += self._series.dropped


def _texts(series: Filled) -> list[bytes]:
    return [template.fill(series.chunks) for template in series.layout.templates]
