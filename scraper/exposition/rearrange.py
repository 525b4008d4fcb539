"""What options make of a page after it was read: `_created` as start timestamps, classic histograms
as native ones with custom buckets, `le` and `quantile` spelt as Prometheus 3 does.

Takes the keys and comments of a page; gives a rearrangement that is applied to every page with the
same keys. A series belongs to a family if its name is the family's name and a suffix of its type.
"""

from array import array
from collections.abc import Iterable, Mapping
from math import inf, isfinite
from typing import TYPE_CHECKING

import attrs

from scraper.exposition.errors import ExpositionError
from scraper.exposition.native import custom
from scraper.exposition.numbers import parse_value
from scraper.exposition.page import Item, Page
from scraper.exposition.text import parse_series
from scraper.exposition.walk import Series
from series.histogram import Histogram
from series.labels import METRIC_NAME

if TYPE_CHECKING:
    from scraper.exposition.bodies import ReadOptions

Family = tuple[str, frozenset[tuple[str, str]]]  # name, labels without le and quantile

_SUFFIXES = {
    "counter": ("_total",),
    "histogram": ("_bucket", "_count", "_sum"),
    "summary": ("", "_count", "_sum"),
}
_BOUND_LABELS = {"histogram": "le", "summary": "quantile"}


@attrs.define
class _Classic:
    """Where in the page the parts of one classic histogram stand."""

    bounds: dict[float, int] = attrs.field(factory=dict)
    count: int = -1
    sum: int = -1


class Rearrangement:
    """For pages with certain keys. Bounded by the page."""

    def __init__(
        self,
        keys: tuple[bytes, ...],
        comments: Iterable[bytes],
        options: "ReadOptions",
        known: Series,
    ) -> None:
        self.keys, self.options = keys, options
        self._known = known
        self._present = frozenset(keys)
        types = types_of(comments)
        self._created: dict[Family, int] = {}
        self._members: dict[Family, list[int]] = {}
        self._classics: dict[Family, _Classic] = {}
        texts = list(keys)
        for at, key in enumerate(keys):
            texts[at] = self._place(at, key, types)
        self._texts = texts
        self._result = keys

    def apply(self, page: Page) -> Page:
        """Raises ExpositionError."""
        histograms = dict(page.histograms or {})
        starts = dict(page.starts or {})
        gone: set[int] = set()
        if self.options.start_timestamps:
            gone |= self._start(page, starts)
        native: list[tuple[Family, Histogram, int]] = []
        if self.options.to_nhcb:
            native = list(self._convert(page, gone))
        kept = [at for at in range(len(page.keys)) if at not in gone]
        moved = {at: to for to, at in enumerate(kept)}
        values = array("d", [page.values[at] for at in kept])
        stamps = None if page.stamps is None else array("q", [page.stamps[at] for at in kept])
        keys = [self._texts[at] for at in kept]
        result = attrs.evolve(
            page,
            values=values,
            stamps=stamps,
            exemplars=_moved(page.exemplars, moved),
            starts=_moved(starts, moved) or None,
        )
        held = dict(_moved(histograms, moved) or {})
        for family, histogram, source in native:
            held[len(keys)] = histogram
            keys.append(series_text(family[0], sorted(family[1])) + b" ")
            values.append(0.0)
            if stamps is not None and page.stamps is not None:
                stamps.append(page.stamps[source])
        # In this order it came, whatever that of the body was.
        same_keys = self._same_keys(tuple(keys))
        return attrs.evolve(result, keys=same_keys, histograms=held or None, places=None)

    def _same_keys(self, keys: tuple[bytes, ...]) -> tuple[bytes, ...]:
        if keys != self._result:
            self._result = keys
        for key in keys:
            if key not in self._known:
                self._known.learn(key, parse_series(key))
        return self._result

    def _place(self, at: int, key: bytes, types: Mapping[str, str]) -> bytes:
        """Note what a series is part of; give its text, normalised if that is wanted."""
        labels = parse_series(key)
        name = labels.pop(METRIC_NAME)
        for suffix in ("", "_total", "_bucket", "_count", "_sum", "_created"):
            base = name.removesuffix(suffix) if suffix else name
            kind = types.get(base, "")
            if not name.endswith(suffix) or kind not in _SUFFIXES:
                continue
            if suffix == "_created":
                self._created[(base, frozenset(labels.items()))] = at
            elif suffix in _SUFFIXES[kind]:
                return self._place_member(at, key, name, labels, kind, suffix)
        return key

    def _place_member(
        self, at: int, key: bytes, name: str, labels: dict[str, str], kind: str, suffix: str
    ) -> bytes:
        bound_label = _BOUND_LABELS.get(kind, "")
        has_bound = suffix in ("_bucket", "") and bound_label in labels
        bound = labels.get(bound_label, "") if has_bound else ""
        own = {label: value for label, value in labels.items() if label != bound_label}
        family = (name.removesuffix(suffix), frozenset(own.items()))
        self._members.setdefault(family, []).append(at)
        if kind == "histogram":
            classic = self._classics.setdefault(family, _Classic())
            if suffix == "_bucket" and (number := _number(bound)) is not None:
                classic.bounds.setdefault(number, at)
            elif suffix == "_count":
                classic.count = at
            elif suffix == "_sum":
                classic.sum = at
        if not (self.options.normalizes and has_bound) or (number := _number(bound)) is None:
            return key
        return series_text(name, sorted({**labels, bound_label: _spelt(number)}.items())) + b" "

    def _start(self, page: Page, starts: dict[int, int]) -> set[int]:
        gone = set()
        for family, at in self._created.items():
            if members := self._members.get(family):
                gone.add(at)
                seconds = page.values[at]
                if isfinite(seconds) and abs(seconds) < 2**53:
                    starts.update(dict.fromkeys(members, int(seconds * 1000)))
        return gone

    def _convert(self, page: Page, gone: set[int]) -> "Iterable[tuple[Family, Histogram, int]]":
        for family, classic in self._classics.items():
            native_key = series_text(family[0], sorted(family[1])) + b" "
            if not classic.bounds or native_key in self._present:
                continue
            positions = [*classic.bounds.values(), classic.count, classic.sum]
            try:
                yield family, _native(page, classic), positions[0]
            except ValueError as exc:
                raise ExpositionError(str(exc), 0, native_key) from exc
            if not self.options.classic_too:
                gone.update([at for at in positions if at >= 0])


def _native(page: Page, classic: _Classic) -> Histogram:
    bounds = sorted(bound for bound in classic.bounds if bound != inf)
    cumulative = [page.values[classic.bounds[bound]] for bound in bounds]
    if classic.count >= 0:
        count = page.values[classic.count]
    else:
        count = page.values[classic.bounds.get(inf, classic.bounds[max(classic.bounds)])]
    if not all(map(isfinite, [*cumulative, count])):
        raise ValueError("a count of a classic histogram is not finite")
    total = page.values[classic.sum] if classic.sum >= 0 else 0.0
    return custom(bounds, cumulative, count, total)


def types_of(comments: Iterable[bytes]) -> dict[str, str]:
    """The type of each family that says one."""
    found = {}
    for line in comments:
        parts = line.split(b" ", 3)
        if len(parts) == 4 and parts[:2] == [b"#", b"TYPE"]:
            found[parts[2].decode("utf-8", "replace").strip('"')] = parts[3].decode().strip()
    return found


def series_text(name: str, labels: Iterable[tuple[str, str]]) -> bytes:
    """A series as the text format writes it; any name and any value."""
    pairs = [f'"{escaped(label)}"="{escaped(value)}"' for label, value in labels]
    return f"{{{','.join([chr(34) + escaped(name) + chr(34), *pairs])}}}".encode()


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def spelt(number: float) -> str:
    """A float as OpenMetrics writes it: `1.0`, `+Inf`."""
    if number in (inf, -inf):
        return "+Inf" if number > 0 else "-Inf"
    text = repr(number)
    return text if "." in text or "e" in text or "n" in text else text + ".0"


_spelt = spelt


def _number(text: str) -> float | None:
    try:
        number = parse_value(text.encode())
    except ValueError:
        return None
    return number if number == number else None


def _moved(beside: Mapping[int, Item] | None, moved: Mapping[int, int]) -> dict[int, Item] | None:
    if beside is None:
        return None
    return {moved[at]: item for at, item in beside.items() if at in moved} or None
