"""A page as it was exposed, as a batch: for whoever watches scrapes, and nobody else.

Takes a page and its target's lane key; gives a batch whose labels are those of the page. Slow by
nature: every series is parsed, once for each list of series.
"""

from array import array
from collections.abc import Sequence

from scraper.exposition.numbers import NO_TIMESTAMP
from scraper.exposition.page import Page
from scraper.exposition.text import parse_series
from series.batch import Batch
from series.labels import canonical
from series.layout import Layout
from series.template import Template


class RawBatches:
    """Remembers one list of series."""

    def __init__(self) -> None:
        self._keys: Sequence[bytes] = ()
        self._layout = Layout(())

    def of(self, page: Page, lane_key: int, now_ms: int) -> Batch:
        """Native histograms are among the floats, with a value that means nothing."""
        if page.keys is not self._keys:
            templates = [Template.constant(canonical(parse_series(key))) for key in page.keys]
            self._keys, self._layout = page.keys, Layout(tuple(templates))
        stamps = page.stamps
        return Batch(
            lane_key=lane_key,
            layout=self._layout,
            values=page.values,
            timestamps=now_ms if stamps is None else _dated(stamps, now_ms),
        )


def _dated(stamps: "array[int]", now_ms: int) -> "array[int]":
    return array("q", [now_ms if stamp == NO_TIMESTAMP else stamp for stamp in stamps])
