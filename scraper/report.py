"""What the agent says of each scrape itself: `up` and its kin.

Takes the labels of a target and the outcome of a scrape; gives a batch of five samples.
These series pass by metric relabelling and every limit (reference/prometheus.md section 4).
"""

from array import array

import attrs

from scraper.labelling import REPORT_NAMES, Labelling
from series.batch import Batch
from series.layout import Layout
from series.template import Template


@attrs.frozen(kw_only=True)
class Outcome:
    """One scrape in numbers. A failed one may have scraped samples that are not stored."""

    is_up: bool
    duration_s: float
    scraped: int = 0
    post_relabel: int = 0
    series_added: int = 0


def report_layout(labelling: Labelling) -> Layout:
    """The layout of a target's report, constant as long as its labels are."""
    return Layout(tuple([Template.constant(labelling.report(name)) for name in REPORT_NAMES]))


def report(lane_key: int, layout: Layout, outcome: Outcome, timestamp_ms: int) -> Batch:
    # In the order of REPORT_NAMES.
    values = (
        float(outcome.is_up),
        outcome.duration_s,
        outcome.scraped,
        outcome.post_relabel,
        outcome.series_added,
    )
    return Batch(
        lane_key=lane_key, layout=layout, values=array("d", values), timestamps=timestamp_ms
    )
