"""What the next page of a target is predicted from; all targets of a job share equal ones.

Takes pages that were read; gives readings of bodies. An outline is the text of a page, held once,
so that it stays in the processor's caches while one target after the other is read.
"""

from array import array
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from typing import Protocol
from weakref import WeakValueDictionary, ref
from zlib import compressobj, decompress

from scraper.exposition import prediction
from scraper.exposition.dialect import TEXT, Dialect
from scraper.exposition.prediction import Number, Prediction, Reading
from scraper.metadata import said_by
from series.kernel import twin
from series.metadata import Families


class Twin(Protocol):
    """What both twins of `prediction` have."""

    def permuted(self, items: "array[Number]", places: "array[int]") -> "array[Number]": ...
    @property
    def Prediction(self) -> type[Prediction]: ...


hot: Twin = twin(prediction, "scraper.exposition.prediction_c")

# A body with more unknown lines than these, and than a fourth of the page's, is another page.
SPARE_UNKNOWN = 64
ASKED_KEYS = 8
# Packing costs about 10 ns a byte.
PACKED_PER_STEP = 100_000


class Outline:
    """Immutable; equal by text."""

    __slots__ = ("__weakref__", "_prediction", "families")

    def __init__(
        self,
        body: bytes,
        starts: "array[int]",
        ends: "array[int]",
        dialect: Dialect = TEXT,
    ) -> None:
        """Of a page: where in `body` its values stand."""
        self._prediction = hot.Prediction(body, starts, ends, dialect)
        self.families: Families | None = None

    @property
    def keys(self) -> Sequence[bytes]:
        return self._prediction.keys

    @property
    def dialect(self) -> Dialect:
        return self._prediction.dialect

    def others_in_parts(self) -> Iterator[Sequence[bytes]]:
        """The lines that are no samples, in the order of the page; each part costs about 1 ms."""
        return self._prediction.others_in_parts()

    def reading(self, body: bytes) -> Reading:
        return self._prediction.reading(body, SPARE_UNKNOWN + len(self.keys) // 4)

    def may_be_of(self, body: bytes) -> bool:
        """Whether `body` has most of a few series, evenly chosen: else it is quite another page."""
        keys = self.keys
        asked = keys[:: len(keys) // ASKED_KEYS + 1]
        return 2 * sum([key in body for key in asked]) > len(asked)

    def reading_of_equal(self, body: bytes) -> Reading:
        """It is given up as soon as more than values differ."""
        return self._prediction.reading(body, -1)

    def places(self, body: bytes, reading: Reading) -> "array[int] | None":
        """Where each sample stands in a body that was scanned, if only its order differs."""
        return self._prediction.places(body, reading.order, reading.starts, reading.ends)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Outline) and self._prediction == other._prediction

    def __hash__(self) -> int:
        return self._prediction.digest


def permuted(items: "array[Number]", places: "array[int]") -> "array[Number]":
    """`items[places[i]]` for each i; items of eight bytes, of any type."""
    return hot.permuted(items, places)


class Outlines:
    """Those in use by the targets of a job; one that nobody uses any more is forgotten."""

    def __init__(self) -> None:
        # By hash: an outline as key would be held for ever.
        self._known: WeakValueDictionary[int, Outline] = WeakValueDictionary()
        self._families: WeakValueDictionary[bytes, Families] = WeakValueDictionary()
        self._latest: Callable[[], Outline | None] = lambda: None

    def __len__(self) -> int:
        return len(self._known)

    def shared(self, outline: Outline) -> Outline:
        """The one to hold in place of an equal one."""
        known = self._known.setdefault(hash(outline), outline)
        held = known if known == outline else outline
        self._latest = ref(held)
        return held

    def latest(self) -> Outline | None:
        """The one that was asked for last, if it is in use: what a new target may look like."""
        return self._latest()

    def families_of(self, outline: Outline) -> Generator[None, None, Families]:
        """What the outline's own comments say, gathered once for all of its targets."""
        if outline.families is None:
            outline.families = yield from self.families(outline.others_in_parts())
        return outline.families

    def families(self, comments: Iterable[Sequence[bytes]] = ()) -> Generator[None, None, Families]:
        """What comment lines, which come in parts, say of metrics; one object for equal pages."""
        # An outline holds the lines already, and hardly anybody asks: a sixth of the bytes will do.
        packing = compressobj(1)
        pieces = []
        for part in comments:
            text = b"".join([line + b"\n" for line in part if line])
            for start in range(0, len(text), PACKED_PER_STEP):
                pieces.append(packing.compress(text[start : start + PACKED_PER_STEP]))
                yield
        packed = b"".join([*pieces, packing.flush()])
        families = self._families.get(packed)
        if families is None:
            families = Families(lambda: said_by(decompress(packed).split(b"\n")))
            self._families[packed] = families
        return families
