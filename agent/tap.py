"""Samples as they pass, for somebody who watches: filtered, rate-limited, never in anybody's way.

Takes batches at a stage; gives samples that suit a selector, a bounded number of them.
Bounded: HELD samples wait, MAX_KNOWN label sets of layouts are remembered; what is too much is
counted and left out.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

import attrs

from series.batch import Batch
from series.labels import Labels
from series.layout import Layout

HELD = 1000
MAX_KNOWN = 2000
MAX_PER_S = 1000.0

Predicate = Callable[[Mapping[str, str]], bool]
Matches = tuple[tuple[int, Labels], ...]


@attrs.frozen(kw_only=True)
class TapSettings:
    """`stage` and `remote` of series.watch; "" for any remote. `suits` is None for everything."""

    stage: str
    remote: str = ""
    suits: Predicate | None = None
    per_s: float = 100.0


@attrs.frozen(kw_only=True)
class TapSample:
    """One sample. `value` is None for a native histogram."""

    labels: Labels
    timestamp_ms: int
    value: float | None
    is_marker: bool = False
    remote: str = ""


class Tap:
    """One who watches. `wake` is called when there is something to take."""

    def __init__(
        self, settings: TapSettings, now_s: Callable[[], float], wake: Callable[[], None]
    ) -> None:
        self._settings = settings
        self._now_s = now_s
        self._wake = wake
        self._held: deque[TapSample] = deque()
        # By identity of the layout, which is held, so that no other takes its place.
        self._known: dict[tuple[int, tuple[bytes, ...]], tuple[Layout, Matches]] = {}
        self._budget, self._filled_s = settings.per_s, now_s()
        self.skipped = 0

    def see(self, where: str, batches: Sequence[Batch]) -> None:
        if self._settings.remote and where != self._settings.remote:
            return
        self._fill()
        for batch in batches:
            self._see_one(batch, where)
        if self._held:
            self._wake()

    def take(self) -> list[TapSample]:
        """What has come since the last time."""
        taken = list(self._held)
        self._held.clear()
        return taken

    def _fill(self) -> None:
        now_s, rate = self._now_s(), self._settings.per_s
        self._budget = min(rate, self._budget + rate * (now_s - self._filled_s))
        self._filled_s = now_s

    def _see_one(self, batch: Batch, where: str) -> None:
        matches = self._matches(batch)
        fitting = max(0, min(len(matches), int(self._budget), HELD - len(self._held)))
        self.skipped += len(matches) - fitting
        self._budget -= fitting
        for at, labels in matches[:fitting]:
            is_float = batch.histograms is None
            self._held.append(
                TapSample(
                    labels=labels,
                    timestamp_ms=batch.timestamp_of(at),
                    value=batch.values[at] if is_float and not batch.is_markers else None,
                    is_marker=batch.is_markers,
                    remote=where,
                )
            )

    def _matches(self, batch: Batch) -> Matches:
        key = (id(batch.layout), batch.chunks)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[key] = (batch.layout, self._found(batch))
        return known[1]

    def _found(self, batch: Batch) -> Matches:
        suits = self._settings.suits
        labels = [template.labels(batch.chunks) for template in batch.layout.templates]
        if suits is None:
            return tuple(enumerate(labels))
        return tuple([(at, one) for at, one in enumerate(labels) if suits(dict(one))])
