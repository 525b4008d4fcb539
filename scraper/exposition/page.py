"""What one body says: its series in order, their values and timestamps, and what is beside them."""

from array import array
from collections.abc import Generator, Mapping, Sequence
from itertools import repeat
from typing import TypeVar

import attrs

from scraper.exposition.errors import ExpositionError
from scraper.exposition.numbers import NO_TIMESTAMP
from series.exemplar import Exemplar
from series.histogram import Histogram

Item = TypeVar("Item")

# 0.2 us each.
PUT_PER_STEP = 8000


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

    def in_body_order(self) -> "Generator[None, None, Page]":
        """With the keys in the order of the body, as a new object; only where `places` is there."""
        assert self.places is not None
        keys = [b""] * len(self.keys)
        values = array("d", bytes(8 * len(keys)))
        stamps = None if self.stamps is None else array("q", values.tobytes())
        for start in range(0, len(keys), PUT_PER_STEP):
            for at, place in enumerate(self.places[start : start + PUT_PER_STEP], start):
                keys[place] = self.keys[at]
                values[place] = self.values[at]
                if stamps is not None and self.stamps is not None:
                    stamps[place] = self.stamps[at]
            yield
        exemplars = self.exemplars
        if exemplars is not None:
            exemplars = {self.places[at]: held for at, held in exemplars.items()}
        return attrs.evolve(
            self,
            keys=tuple(keys),
            values=values,
            stamps=stamps,
            exemplars=exemplars,
            places=None,
        )

    @property
    def is_plain(self) -> bool:
        """Nothing is beside the values."""
        return self.exemplars is None and self.histograms is None and self.starts is None


@attrs.define
class Parts:
    """The parts of a text page, put together as they are read."""

    values: "array[float]" = attrs.field(factory=lambda: array("d"))
    stamps: "array[int] | None" = None
    exemplars: dict[int, tuple[Exemplar, ...]] = attrs.field(factory=dict)

    def add(self, part: Page) -> None:
        first = len(self.values)
        if part.exemplars:
            self.exemplars.update({first + at: held for at, held in part.exemplars.items()})
        if part.stamps is not None and self.stamps is None:
            self.stamps = array("q", [NO_TIMESTAMP]) * first
        if self.stamps is not None:
            self.stamps.extend(part.stamps or repeat(NO_TIMESTAMP, len(part.values)))
        self.values.extend(part.values)

    def page(self, keys: Sequence[bytes]) -> Page:
        return Page(keys, self.values, self.stamps, self.exemplars or None)
