"""The series about the scrape itself."""

import pytest

from relabel.pipeline import compile_rules
from scraper.labelling import REPORT_NAMES, Labelling
from scraper.memo import Memo
from scraper.report import Outcome, figures, report, report_names
from scraper.settings import ScrapeJob
from scraper.shapes import Shapes
from scraper.target import build, discovered
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
    memo = Memo(LABELLING, Shapes())
    layout = memo.shape.report_layout
    batch = report(7, layout, memo.chunks, REPORT_NAMES, figures(outcome), 1000)
    assert list(batch.values) == values
    assert (batch.lane_key, batch.timestamps, batch.layout) == (7, 1000, layout)
    assert [readable(template.labels(batch.chunks)) for template in layout.templates] == [
        'up{job="j",region="n"}',
        'scrape_duration_seconds{job="j",region="n"}',
        'scrape_samples_scraped{job="j",region="n"}',
        'scrape_samples_post_metric_relabeling{job="j",region="n"}',
        'scrape_series_added{job="j",region="n"}',
    ]


PROMETHEUS = ("scrape_timeout_seconds", "scrape_sample_limit", "scrape_body_size_bytes")
VMAGENT = ("scrape_timeout_seconds", "scrape_response_size_bytes")
LIMITS = ("scrape_samples_limit", "scrape_labels_limit")
SERIES = (
    "scrape_series_current",
    "scrape_series_limit",
    "scrape_series_limit_samples_dropped",
)


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        pytest.param({}, (), id="what both peers have"),
        pytest.param({"extra_scrape_metrics": True}, PROMETHEUS, id="Prometheus' extra ones"),
        pytest.param({"vmagent_report_series": True}, VMAGENT, id="vmagent's, without limits"),
        pytest.param(
            {"vmagent_report_series": True, "sample_limit": 1, "label_limit": 1, "series_limit": 1},
            (*VMAGENT, *LIMITS, *SERIES),
            id="vmagent's, with all limits",
        ),
        pytest.param(
            {"vmagent_report_series": True, "extra_scrape_metrics": True},
            (*PROMETHEUS, "scrape_response_size_bytes"),
            id="both, the common one once",
        ),
    ],
)
def test_which_series(settings: dict[str, object], more: tuple[str, ...]) -> None:
    job = ScrapeJob(job_name="j", **settings)  # type: ignore[arg-type]
    target = build(job, compile_rules([]), discovered(job, "h:1", {}))
    assert report_names(job, target) == (*REPORT_NAMES, *more)
