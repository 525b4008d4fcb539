"""What one body of the text format says: its series in order, their values and timestamps."""

from array import array
from collections.abc import Sequence
from itertools import repeat

import attrs

from scraper.exposition.numbers import NO_TIMESTAMP


@attrs.frozen(eq=False)
class Page:
    """The samples of a body, in parallel.

    `keys` names the series: each is the raw series text and one blank. It is the same tuple object
    as that of the reader's previous page if both expose the same series in the same order.
    `stamps` holds NO_TIMESTAMP where a line has none, and is None where no line has one.
    """

    keys: tuple[bytes, ...]
    values: "array[float]"
    stamps: "array[int] | None" = None


def concatenated(keys: tuple[bytes, ...], pages: Sequence[Page]) -> Page:
    """One page of the parts, which together expose `keys`."""
    if len(pages) == 1:
        return Page(keys, pages[0].values, pages[0].stamps)
    values = array("d")
    for page in pages:
        values.extend(page.values)
    if all(page.stamps is None for page in pages):
        return Page(keys, values)
    stamps = array("q")
    for page in pages:
        stamps.extend(page.stamps or repeat(NO_TIMESTAMP, len(page.values)))
    return Page(keys, values, stamps)
