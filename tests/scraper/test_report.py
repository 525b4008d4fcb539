"""The series about the scrape itself."""

import pytest

from relabel.pipeline import compile_rules
from scraper.labelling import Labelling
from scraper.report import Outcome, report, report_layout
from series.labels import readable

LABELLING = Labelling(
    target_labels={"job": "j"}, external_labels={"region": "n"}, pipeline=compile_rules([])
)


@pytest.mark.parametrize(
    ("outcome", "values"),
    [
        pytest.param(
            Outcome(is_up=True, duration_s=0.25, scraped=5, post_relabel=4, series_added=3),
            [1, 0.25, 5, 4, 3],
            id="a good scrape",
        ),
        pytest.param(Outcome(is_up=False, duration_s=10.0), [0, 10, 0, 0, 0], id="a failed one"),
    ],
)
def test_report(outcome: Outcome, values: list[float]) -> None:
    layout = report_layout(LABELLING)
    batch = report(7, layout, outcome, 1000)
    assert list(batch.values) == values
    assert (batch.lane_key, batch.timestamps, batch.layout) == (7, 1000, layout)
    assert [readable(template.labels()) for template in layout.templates] == [
        'up{job="j",region="n"}',
        'scrape_duration_seconds{job="j",region="n"}',
        'scrape_samples_scraped{job="j",region="n"}',
        'scrape_samples_post_metric_relabeling{job="j",region="n"}',
        'scrape_series_added{job="j",region="n"}',
    ]
