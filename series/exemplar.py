"""An exemplar: one example value with its own labels, beside a sample."""

import attrs

from series.labels import Labels


@attrs.frozen
class Exemplar:
    """`timestamp_ms` is None where the target gave none: the sample's counts then."""

    labels: Labels
    value: float
    timestamp_ms: int | None = None
