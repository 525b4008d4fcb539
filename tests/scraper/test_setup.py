"""What the targets of a job share."""

import attrs
import pytest

from relabel.rule import RelabelRule
from scraper.settings import ScrapeJob
from scraper.setup import DEFAULT_MAX_BODY_BYTES, set_up
from scraper.target import build, discovered

DROP = RelabelRule(action="drop", source_labels=("a",), regex="1")
JOB = ScrapeJob(job_name="j", relabel_configs=(DROP,), metric_relabel_configs=(DROP,))


@pytest.mark.parametrize(
    ("settings", "max_body_bytes"),
    [
        pytest.param({}, DEFAULT_MAX_BODY_BYTES, id="vmagent's default"),
        pytest.param({"max_scrape_size_bytes": 100}, 100, id="vmagent's limit is the last to pass"),
        pytest.param({"body_size_limit_bytes": 100}, 99, id="Prometheus' is the first to fail"),
        pytest.param(
            {"max_scrape_size_bytes": 50, "body_size_limit_bytes": 100}, 50, id="the lesser of both"
        ),
        pytest.param(
            {"max_scrape_size_bytes": 2**30}, 2**30, id="a larger one than the default is granted"
        ),
    ],
)
def test_max_body_bytes(settings: dict[str, int], max_body_bytes: int) -> None:
    job = ScrapeJob(job_name="j", **settings)  # type: ignore[arg-type]
    setup = set_up(job, {})
    target = build(job, setup.target_pipeline, discovered(job, "h:1", {}))
    assert setup.max_body_bytes(target) == max_body_bytes


def test_a_target_may_have_a_size_of_its_own() -> None:
    setup = set_up(ScrapeJob(job_name="j", max_scrape_size_bytes=50), {})
    labels = discovered(setup.job, "h:1", {"__max_scrape_size__": "1KiB"})
    assert setup.max_body_bytes(build(setup.job, setup.target_pipeline, labels)) == 1024


@pytest.mark.parametrize(
    ("timeout_s", "text"),
    [
        pytest.param(10.0, "10", id="whole seconds"),
        pytest.param(0.5, "0.5", id="a fraction"),
        pytest.param(0.001, "0.001", id="a millisecond, without exponent"),
        pytest.param(100_000.0, "100000", id="very long, without exponent"),
    ],
)
def test_the_timeout_is_told_in_the_shortest_form(timeout_s: float, text: str) -> None:
    job = ScrapeJob(job_name="j", scrape_timeout_s=timeout_s, scrape_interval_s=200_000.0)
    setup = set_up(job, {})
    target = build(job, setup.target_pipeline, discovered(job, "h:1", {}))
    assert dict(setup.headers(target))["X-Prometheus-Scrape-Timeout-Seconds"] == text


@pytest.mark.parametrize(
    ("settings", "labels", "first"),
    [
        pytest.param({}, {}, "application/openmetrics-text", id="text"),
        pytest.param({"start_timestamps": True}, {}, "application/vnd.google", id="starts"),
        pytest.param(
            {}, {"__scrape_native_histograms__": "true"}, "application/vnd.google", id="by label"
        ),
        pytest.param(
            {"scrape_native_histograms": True},
            {"__scrape_native_histograms__": "false"},
            "application/openmetrics-text",
            id="a target that wants no native histograms",
        ),
        pytest.param(
            {"start_timestamps": True, "scrape_protocols": ("PrometheusText0.0.4",)},
            {},
            "text/plain",
            id="what the job says comes first",
        ),
    ],
)
def test_what_is_asked_for_first(
    settings: dict[str, object], labels: dict[str, str], first: str
) -> None:
    job = ScrapeJob(job_name="j", **settings)  # type: ignore[arg-type]
    setup = set_up(job, {})
    target = build(job, setup.target_pipeline, discovered(job, "h:1", labels))
    assert dict(setup.headers(target))["Accept"].startswith(first)


def test_an_equal_job_is_the_same_setup() -> None:
    before = set_up(JOB, {"x": "1"})
    assert set_up(attrs.evolve(JOB), {"x": "1"}, before) is before


@pytest.mark.parametrize(
    ("changes", "same_targets", "same_metrics"),
    [
        pytest.param({"sample_limit": 5}, True, True, id="a limit"),
        pytest.param({"relabel_configs": ()}, False, True, id="target rules"),
        pytest.param({"metric_relabel_configs": ()}, True, False, id="metric rules"),
        pytest.param({"metric_name_validation_scheme": "legacy"}, False, False, id="the scheme"),
    ],
)
def test_rules_that_did_not_change_are_not_compiled_again(
    changes: dict[str, object], same_targets: bool, same_metrics: bool
) -> None:
    before = set_up(JOB, {})
    after = set_up(attrs.evolve(JOB, **changes), {}, before)  # type: ignore[arg-type]
    assert (after.target_pipeline is before.target_pipeline) is same_targets
    assert (after.metric_pipeline is before.metric_pipeline) is same_metrics
