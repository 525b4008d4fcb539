"""The shapes of a job: which targets share what they know of series.

Takes a target's labelling; gives its Shape, the same object for all targets of one shape.
Invariant: two targets share a shape only if every series means the same for both, holes apart.
Bounded: a shape that no target has any more is forgotten. A rule that reads `instance` makes a
shape for each target: that costs what it would cost without sharing, and `statistics` tells.
"""

from collections.abc import Hashable, Iterable
from weakref import WeakValueDictionary

import attrs

from scraper.labelling import Labelling
from scraper.shape import Shape
from series.labels import METRIC_NAME

# Sets of label names whose reads are remembered.
_KEPT_READS = 256


@attrs.frozen(kw_only=True)
class ShapesStatistics:
    """`series`: final series of all targets; `templates`: what they are kept as; `bytes`: in all.

    `shared_ratio`: the part of the series that costs nothing because another has its template.
    """

    targets: int = 0
    shapes: int = 0
    layouts: int = 0
    templates: int = 0
    series: int = 0
    bytes: int = 0

    @property
    def shared_ratio(self) -> float:
        return max(0.0, 1 - self.templates / self.series) if self.series else 0.0


class Shapes:
    """Those of one job."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[Hashable, Shape] = WeakValueDictionary()
        self._reads: dict[Hashable, frozenset[str]] = {}

    def shape_of(self, labelling: Labelling) -> Shape:
        """The shape of a target with this labelling."""
        target = labelling.target_labels
        names = tuple(sorted(target))
        read = self._read(labelling, names)
        key = (
            labelling.pipeline,
            tuple(sorted(labelling.external_labels.items())),
            labelling.honor_labels,
            labelling.limits,
            labelling.is_legacy,
            labelling.reports,
            names,
            tuple([(name, target[name]) for name in names if name in read]),
        )
        shape = self._known.get(key)
        if shape is None:
            shape = self._known[key] = Shape(labelling, read)
        return shape

    def _read(self, labelling: Labelling, names: tuple[str, ...]) -> frozenset[str]:
        key = (labelling.pipeline, names)
        read = self._reads.get(key)
        if read is None:
            if len(self._reads) >= _KEPT_READS:
                self._reads.clear()
            # The metric's name is looked at behind the rules.
            read = labelling.pipeline.reads_among(names, results=(METRIC_NAME,))
            self._reads[key] = read
        longest = labelling.limits.value_bytes
        if longest:
            target = labelling.target_labels
            read |= {name for name in names if len(target[name].encode()) > longest}
        return read

    def statistics(self, series_of_targets: Iterable[int] = ()) -> ShapesStatistics:
        """`series_of_targets`: how many series each target of the job has."""
        looks = [shape.statistics() for shape in self._known.values()]
        series = list(series_of_targets)
        return ShapesStatistics(
            targets=len(series),
            shapes=len(looks),
            layouts=sum(look.layouts for look in looks),
            templates=sum(look.templates for look in looks),
            series=sum(series),
            bytes=sum(look.bytes for look in looks),
        )
