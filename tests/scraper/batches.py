"""Batches as tests compare them: a row for each sample."""

from collections.abc import Iterable

from series.batch import Batch
from series.labels import METRIC_NAME, readable
from series.stale import STALE_NAN_BYTES

STALE = "stale"

# Series, value, timestamp in ms.
Row = tuple[str, float | str, int]


def rows_of(batches: Iterable[Batch], *, bare: bool = False) -> list[Row]:
    """`bare`: with the metric's name in place of all labels."""
    rows: list[Row] = []
    for batch in batches:
        raw = batch.values.tobytes()
        for index, template in enumerate(batch.layout.templates):
            labels = template.labels(batch.chunks)
            is_stale = raw[8 * index : 8 * index + 8] == STALE_NAN_BYTES
            assert is_stale == batch.is_markers
            rows.append(
                (
                    dict(labels)[METRIC_NAME] if bare else readable(labels),
                    STALE if is_stale else batch.values[index],
                    batch.timestamp_of(index),
                )
            )
    return rows
