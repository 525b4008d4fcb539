"""What one body says: its series in order, their values and timestamps, and what is beside them."""

from array import array
from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import TypeVar

import attrs

from scraper.exposition.errors import ExpositionError
from scraper.exposition.numbers import NO_TIMESTAMP
from series.exemplar import Exemplar
from series.histogram import Histogram

Item = TypeVar("Item")


@attrs.frozen(eq=False)
class Page:
    """The samples of a body, in parallel.

    `keys` names the series: each is the raw series text and one blank. It is the same object
    as that of the reader's previous page if both expose the same series in the same order.
    `stamps` holds NO_TIMESTAMP where a line has none, and is None where no line has one.
    What is beside the values is by position, and None where there is none of it; the value of a
    position in `histograms` means nothing. `starts`: start timestamps in ms.
    `places`: where in the body each sample stands, if that is not the order of `keys`: a page that
    has the series of the one before in another order comes in the order of the one before.
    `bad_lines`: lines that a lenient reader skipped, the first few; `bad_count`: all of them.
    """

    keys: Sequence[bytes]
    values: "array[float]"
    stamps: "array[int] | None" = None
    exemplars: Mapping[int, tuple[Exemplar, ...]] | None = None
    histograms: Mapping[int, Histogram] | None = None
    starts: Mapping[int, int] | None = None
    bad_lines: tuple[ExpositionError, ...] = ()
    bad_count: int = 0
    places: "array[int] | None" = None

    def in_body_order(self) -> "Page":
        """With the keys in the order of the body, as a new object; only where `places` is there."""
        assert self.places is not None
        order = sorted(range(len(self.keys)), key=self.places.__getitem__)
        exemplars = self.exemplars
        if exemplars is not None:
            exemplars = {to: exemplars[at] for to, at in enumerate(order) if at in exemplars}
        return attrs.evolve(
            self,
            keys=tuple([self.keys[at] for at in order]),
            values=array("d", [self.values[at] for at in order]),
            stamps=None if self.stamps is None else array("q", [self.stamps[at] for at in order]),
            exemplars=exemplars,
            places=None,
        )

    @property
    def is_plain(self) -> bool:
        """Nothing is beside the values."""
        return self.exemplars is None and self.histograms is None and self.starts is None


def concatenated(keys: Sequence[bytes], pages: Sequence[Page]) -> Page:
    """One page of the parts of a text page, which together expose `keys`."""
    if len(pages) == 1:
        return attrs.evolve(pages[0], keys=keys)
    values = array("d")
    exemplars: dict[int, tuple[Exemplar, ...]] = {}
    for page in pages:
        exemplars.update({len(values) + at: held for at, held in (page.exemplars or {}).items()})
        values.extend(page.values)
    if all(page.stamps is None for page in pages):
        return Page(keys, values, None, exemplars or None)
    stamps = array("q")
    for page in pages:
        stamps.extend(page.stamps or repeat(NO_TIMESTAMP, len(page.values)))
    return Page(keys, values, stamps, exemplars or None)
