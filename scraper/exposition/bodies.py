"""Reads the bodies of one target, whatever their format.

Takes a body, its format and the job's options; gives a Page. Text formats go through `Reader`,
protobuf through `protobuf`; then what the options ask for is applied to the page.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING

import attrs

from scraper.exposition.dialect import OPENMETRICS, TEXT
from scraper.exposition.native import Resolution, coarser, max_schema
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from scraper.exposition.page import Page
from scraper.exposition.reader import Reader, Steps
from scraper.exposition.walk import Series
from series.metadata import Families

if TYPE_CHECKING:
    from scraper.options import TargetOptions
    from scraper.settings import ScrapeJob

_DIALECTS = {Format.TEXT: TEXT, Format.OPENMETRICS: OPENMETRICS}


@attrs.frozen(kw_only=True)
class ReadOptions:
    """What a job says about reading, and a target about histograms."""

    is_lenient: bool = False
    native_histograms: bool = False
    classic_too: bool = False
    to_nhcb: bool = False
    start_timestamps: bool = False
    normalizes: bool = False
    resolution: Resolution = Resolution()

    @classmethod
    def of(cls, job: "ScrapeJob", target: "TargetOptions") -> "ReadOptions":
        return cls(
            is_lenient=bool(job.lenient_parse),
            native_histograms=target.scrape_native_histograms,
            classic_too=target.always_scrape_classic_histograms,
            to_nhcb=target.convert_classic_histograms_to_nhcb,
            start_timestamps=bool(job.start_timestamps),
            normalizes=job.normalize_le_quantile,
            resolution=Resolution(
                max_buckets=job.native_histogram_bucket_limit,
                max_schema=max_schema(job.native_histogram_min_bucket_factor),
            ),
        )

    @property
    def rearranges(self) -> bool:
        return self.to_nhcb or self.start_timestamps or self.normalizes


class BodyReader:
    """One for each target; `options` may change between pages."""

    def __init__(self, outlines: Outlines) -> None:
        self._reader = Reader(outlines)
        self._rearranged: Rearrangement | None = None
        self._rearranged_by: Families | None = None
        self.options = ReadOptions()

    def read(self, body: bytes, known: Series, format_: Format = Format.TEXT) -> Steps:
        """Raises ExpositionError, and SeriesError by way of `known`."""
        options = self.options
        if format_ is Format.PROTOBUF:
            page = yield from self._read_protobuf(body, known)
        else:
            dialect = _DIALECTS[format_]
            page = yield from self._reader.read(body, known, dialect, is_lenient=options.is_lenient)
        # Fast path: the page as it stands.
        if options.rearranges:
            is_protobuf = format_ is Format.PROTOBUF
            page = yield from self._rearrange(page, known, is_protobuf=is_protobuf)
        if page.histograms is not None:
            yield
            limited = yield from coarser(page.histograms, page.keys, options.resolution)
            page = attrs.evolve(page, histograms=limited)
        return page

    def comments(self) -> tuple[bytes, ...]:
        return self._reader.comments()

    def families(self) -> Generator[None, None, Families]:
        """What the last page said of its metrics."""
        families = yield from self._reader.families()
        return families

    def _read_protobuf(self, body: bytes, known: Series) -> Steps:
        from scraper.exposition import protobuf  # late: few targets speak it

        options = self.options
        page, comments = yield from protobuf.read(
            body,
            known,
            native=options.native_histograms,
            classic_too=options.classic_too,
            starts=options.start_timestamps,
        )
        page = yield from self._reader.adopt(page, comments)
        return page

    def _rearrange(self, page: Page, known: Series, *, is_protobuf: bool) -> Steps:
        from scraper.exposition.rearrange import Rearrangement  # late: only by option

        families = yield from self.families()
        before = self._rearranged
        # Which series belong together is found once for each list of series.
        if (
            before is None
            or before.keys is not page.keys
            or before.options != self.options
            # One object for equal comments, and quickly told: they are gathered from all the page.
            or self._rearranged_by is not families
            or before.is_protobuf is not is_protobuf
        ):
            before = Rearrangement(page.keys, self.options, known, is_protobuf=is_protobuf)
            yield from before.place(self._reader.comments_in_parts())
            self._rearranged, self._rearranged_by = before, families
        page = yield from before.apply(page)
        return page


if TYPE_CHECKING:
    from scraper.exposition.rearrange import Rearrangement
