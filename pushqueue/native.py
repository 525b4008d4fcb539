"""Native histograms of a batch that a remote may not get.

Takes a batch of native histograms, gives what may go, or None. The batch is never changed.
"""

from array import array

import attrs

from series.batch import Batch
from series.histogram import CUSTOM_BUCKETS_SCHEMA
from series.layout import Layout


def without_custom_buckets(batch: Batch) -> Batch | None:
    """Remote write 1.0 has no place for custom buckets (schema -53)."""
    assert batch.histograms is not None
    held = batch.histograms
    kept = [at for at in range(len(batch)) if held[at].schema != CUSTOM_BUCKETS_SCHEMA]
    # Fast path: there are none.
    if len(kept) == len(batch):
        return batch
    if not kept:
        return None
    stamps, starts, beside = batch.timestamps, batch.start_timestamps, batch.exemplars or {}
    return attrs.evolve(
        batch,
        layout=Layout(tuple([batch.layout.templates[at] for at in kept])),
        values=array("d", bytes(8 * len(kept))),
        timestamps=stamps if isinstance(stamps, int) else array("q", [stamps[at] for at in kept]),
        start_timestamps=None if starts is None else array("q", [starts[at] for at in kept]),
        histograms={to: held[at] for to, at in enumerate(kept)},
        exemplars={to: beside[at] for to, at in enumerate(kept) if at in beside} or None,
    )
