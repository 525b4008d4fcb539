"""How many series there are, by job, metric and label.

Takes the layouts of all targets; gives a Cardinality. Targets that share a layout are counted
once and multiplied, so that a fleet of equal pages costs one of them. Yields now and then.
Bounded: MAX_VALUES different values a label are told apart; a label with more is cut.
"""

from collections import Counter, defaultdict
from collections.abc import Generator, Mapping, Sequence

import attrs

from scraper.staleness import Filled
from series.labels import METRIC_NAME, Labels
from series.layout import Layout
from series.wire import decode_labels
from web.views import Cardinality

SHOWN = 50
MAX_VALUES = 100_000

# Decoding a series takes about 5 us.
_SERIES_PER_STEP = 400


@attrs.define
class _Label:
    """`series`: how many bear it; `values`: how often each."""

    series: int = 0
    values: Counter[str] = attrs.field(factory=Counter)


class _Counts:
    def __init__(self) -> None:
        self.metrics: Counter[str] = Counter()
        self.labels: dict[str, _Label] = defaultdict(_Label)
        self.is_cut = False

    def add(self, labels: Labels, times: int) -> None:
        for name, value in labels:
            if name == METRIC_NAME:
                self.metrics[value] += times
            else:
                self.add_label(name, value, times)

    def add_label(self, name: str, value: str, times: int) -> None:
        label = self.labels[name]
        label.series += times
        if value in label.values or len(label.values) < MAX_VALUES:
            label.values[value] += times
        else:
            self.is_cut = True


def count(
    alive: Mapping[str, Sequence[Filled]], job: str = ""
) -> Generator[None, None, Cardinality]:
    """Of one job, or of all."""
    counts = _Counts()
    by_job = {
        name: sum(map(len, targets)) for name, targets in alive.items() if not job or name == job
    }
    for name in by_job:
        by_layout: dict[int, tuple[Layout, list[tuple[bytes, ...]]]] = {}
        for filled in alive[name]:
            by_layout.setdefault(id(filled.layout), (filled.layout, []))[1].append(filled.chunks)
        for layout, chunks in by_layout.values():
            yield from _count_layout(layout, chunks, counts)
    labels = sorted(counts.labels.items(), key=lambda item: (-len(item[1].values), item[0]))
    return Cardinality(
        series=sum(by_job.values()),
        jobs=sorted(by_job.items(), key=lambda item: (-item[1], item[0])),
        metrics=counts.metrics.most_common(SHOWN),
        metric_count=len(counts.metrics),
        labels=[
            (name, len(label.values), label.series, label.values.most_common(1)[0][0])
            for name, label in labels[:SHOWN]
        ],
        is_cut=counts.is_cut,
    )


def _count_layout(
    layout: Layout, targets: Sequence[tuple[bytes, ...]], counts: _Counts
) -> Generator[None, None, None]:
    """The constants once for all targets, the holes for each."""
    holes: Counter[int] = Counter()
    for at, template in enumerate(layout.templates):
        if at % _SERIES_PER_STEP == 0:
            yield
        holes.update(template.holes)
        counts.add(decode_labels(b"".join(template.pieces)), len(targets))
    for number, chunks in enumerate(targets):
        if number % _SERIES_PER_STEP == 0:
            yield
        for hole, times in holes.items():
            for name, value in decode_labels(chunks[hole]):
                if name == METRIC_NAME:
                    counts.metrics[value] += times
                else:
                    counts.add_label(name, value, times)
