"""What options make of a page after it was read: `_created` as start timestamps, classic histograms
as native ones with custom buckets, `le` and `quantile` spelt as Prometheus 3 does.

Takes the keys and comments of a page; gives a rearrangement that is applied to every page with the
same keys, in steps of less than about 3 ms. A series belongs to a family if its name is that of the
family and a suffix of its type.
A classic histogram whose parts contradict each other stays as it is (Prometheus drops it).
"""

from array import array
from collections.abc import Generator, Iterable, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING

import attrs

from scraper.exposition.classic import Classic, native
from scraper.exposition.errors import ExpositionError
from scraper.exposition.meta import types_of
from scraper.exposition.numbers import parse_value
from scraper.exposition.page import Item, Page
from scraper.exposition.spelling import series_text, spelt
from scraper.exposition.text import parse_series
from scraper.exposition.walk import Series
from series.exemplar import Exemplar
from series.histogram import Histogram
from series.labels import METRIC_NAME

if TYPE_CHECKING:
    from scraper.exposition.bodies import ReadOptions

# A series is placed in about 6 us, moved in 0.3, a classic histogram converted in 20.
PLACED_PER_STEP = 120
MOVED_PER_STEP = 1500
CONVERTED_PER_STEP = 50

Family = tuple[str, frozenset[tuple[str, str]]]  # name, labels without le and quantile

_SUFFIXES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "summary": ("", "_count", "_sum"),
}
_PROTOBUF_SUFFIXES = {**_SUFFIXES, "gaugehistogram": _SUFFIXES["histogram"]}
_BOUND_LABELS = {"histogram": "le", "gaugehistogram": "le", "summary": "quantile"}


@attrs.frozen
class _Converted:
    """A native histogram in place of series of the page, of which `source` is the first."""

    family: Family
    histogram: Histogram
    source: int
    exemplars: tuple[Exemplar, ...]


class Rearrangement:
    """For pages with certain keys, once its `place` was run. Bounded by the page.

    `is_protobuf`: the page was one, which has gauge histograms, and fails by a bad histogram.
    """

    def __init__(
        self,
        keys: Sequence[bytes],
        comments: frozenset[bytes],
        options: "ReadOptions",
        known: Series,
        *,
        is_protobuf: bool = False,
    ) -> None:
        self.keys, self.options = keys, options
        self._comments = comments
        self.is_protobuf = is_protobuf
        self._known = known
        self._present: set[bytes] = set()
        self._suffixes = _PROTOBUF_SUFFIXES if is_protobuf else _SUFFIXES
        self._created: dict[Family, int] = {}
        self._members: dict[Family, list[int]] = {}
        self._classics: dict[Family, Classic] = {}
        self._texts = list(keys)
        self._result = keys

    def place(self) -> Generator[None, None, None]:
        """Find what belongs together."""
        types = types_of(self._comments)
        for at, key in enumerate(self.keys):
            self._texts[at] = self._place(at, key, types)
            self._present.add(key)
            if not at % PLACED_PER_STEP:
                yield

    def apply(self, page: Page) -> Generator[None, None, Page]:
        """Raises ExpositionError."""
        starts = dict(page.starts or {})
        gone: set[int] = set()
        if self.options.start_timestamps:
            gone |= yield from self._start(page, starts)
        converted: list[_Converted] = []
        if self.options.to_nhcb:
            converted = yield from self._convert(page, gone)
        moved: dict[int, int] = {}
        keys: list[bytes] = []
        values = array("d")
        stamps = None if page.stamps is None else array("q")
        for first in range(0, len(page.keys), MOVED_PER_STEP):
            last = min(first + MOVED_PER_STEP, len(page.keys))
            kept = [at for at in range(first, last) if at not in gone]
            moved.update(zip(kept, range(len(keys), len(keys) + len(kept)), strict=True))
            keys += [self._texts[at] for at in kept]
            values.extend([page.values[at] for at in kept])
            if stamps is not None and page.stamps is not None:
                stamps.extend([page.stamps[at] for at in kept])
            yield
        held, moved_starts = _moved(page.histograms, moved), _moved(starts, moved)
        exemplars = _moved(page.exemplars, moved)
        for each in converted:
            at = len(keys)
            held[at] = each.histogram
            if each.source in starts:
                moved_starts[at] = starts[each.source]
            if each.exemplars:
                exemplars[at] = each.exemplars
            keys.append(series_text(each.family[0], sorted(each.family[1])) + b" ")
            values.append(0.0)
            if stamps is not None and page.stamps is not None:
                stamps.append(page.stamps[each.source])
            if not at % (2 * PLACED_PER_STEP):
                yield
        yield
        same_keys = yield from self._same_keys(tuple(keys))
        return attrs.evolve(
            page,
            # In this order it came, whatever that of the body was.
            keys=same_keys,
            places=None,
            values=values,
            stamps=stamps,
            exemplars=exemplars or None,
            histograms=held or None,
            starts=moved_starts or None,
        )

    def _same_keys(self, keys: tuple[bytes, ...]) -> Generator[None, None, Sequence[bytes]]:
        if keys != self._result:
            self._result = keys
        for first in range(0, len(keys), MOVED_PER_STEP):
            part = keys[first : first + MOVED_PER_STEP]
            unknown = [key for key in part if key not in self._known]
            for number, key in enumerate(unknown, 1):
                self._known.learn(key, parse_series(key))
                if not number % PLACED_PER_STEP:
                    yield
            yield
        return self._result

    def _place(self, at: int, key: bytes, types: Mapping[str, str]) -> bytes:
        """Note what a series is part of; give its text, normalised if that is wanted."""
        labels = parse_series(key)
        name = labels.pop(METRIC_NAME)
        for suffix in ("", "_total", "_bucket", "_count", "_sum", "_created"):
            base = name.removesuffix(suffix) if suffix else name
            kind = types.get(base, "")
            # A counter of the text format is typed by its full name.
            if not kind and types.get(base + "_total") == "counter":
                kind = "counter"
            if not name.endswith(suffix) or kind not in self._suffixes:
                continue
            if suffix == "_created":
                self._created[(base, frozenset(labels.items()))] = at
            elif suffix in self._suffixes[kind]:
                return self._place_member(at, key, name, labels, kind, suffix)
        return key

    def _place_member(
        self, at: int, key: bytes, name: str, labels: dict[str, str], kind: str, suffix: str
    ) -> bytes:
        bound_label = _BOUND_LABELS.get(kind, "")
        has_bound = suffix in ("_bucket", "") and bound_label in labels
        bound = _number(labels[bound_label]) if has_bound else None
        own = {label: value for label, value in labels.items() if label != bound_label}
        family = (name.removesuffix(suffix), frozenset(own.items()))
        self._members.setdefault(family, []).append(at)
        if bound_label == "le":
            self._place_classic(family, at, suffix, bound, is_gauge=kind == "gaugehistogram")
        if not self.options.normalizes or bound is None:
            return key
        return series_text(name, sorted({**labels, bound_label: spelt(bound)}.items())) + b" "

    def _place_classic(
        self, family: Family, at: int, suffix: str, bound: float | None, *, is_gauge: bool
    ) -> None:
        if suffix == "_bucket" and bound is None:
            return
        classic = self._classics.setdefault(family, Classic(is_gauge=is_gauge))
        if bound is not None:
            classic.bounds.setdefault(bound, at)
        elif suffix == "_count":
            classic.count = at
        else:
            classic.sum = at

    def _start(self, page: Page, starts: dict[int, int]) -> Generator[None, None, set[int]]:
        gone = set()
        for number, (family, at) in enumerate(self._created.items()):
            if members := self._members.get(family):
                gone.add(at)
                seconds = page.values[at]
                if isfinite(seconds) and abs(seconds) < 2**53:
                    starts.update(dict.fromkeys(members, int(seconds * 1000)))
            if not number % MOVED_PER_STEP:
                yield
        return gone

    def _convert(self, page: Page, gone: set[int]) -> Generator[None, None, list[_Converted]]:
        converted = []
        for number, (family, classic) in enumerate(self._classics.items()):
            if not number % CONVERTED_PER_STEP:
                yield
            native_key = series_text(family[0], sorted(family[1])) + b" "
            if native_key in self._present:
                continue
            try:
                histogram = native(page, classic)
            except ValueError as exc:
                if self.is_protobuf:
                    raise ExpositionError(str(exc), 0, native_key) from exc
                continue
            positions = classic.positions
            converted.append(_Converted(family, histogram, positions[0], _stamped(page, positions)))
            if not self.options.classic_too:
                gone.update(positions)
        return converted


def _stamped(page: Page, positions: Iterable[int]) -> tuple[Exemplar, ...]:
    """A native histogram takes exemplars with a timestamp only."""
    if page.exemplars is None:
        return ()
    found = [each for at in positions for each in page.exemplars.get(at, ())]
    return tuple([each for each in found if each.timestamp_ms is not None])


def _number(text: str) -> float | None:
    try:
        number = parse_value(text.encode())
    except ValueError:
        return None
    return number if number == number else None


def _moved(beside: Mapping[int, Item] | None, moved: Mapping[int, int]) -> dict[int, Item]:
    return {moved[at]: item for at, item in (beside or {}).items() if at in moved}
