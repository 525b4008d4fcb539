"""What a target may have otherwise than its job says."""

import pytest

from relabel.pipeline import compile_rules
from scraper.options import TargetOptions, options_of
from scraper.settings import ScrapeJob
from scraper.target import TargetError, build, discovered

JOB = ScrapeJob(job_name="j", sample_limit=5, label_limit=6, series_limit=7)
OF_JOB = TargetOptions(sample_limit=5, label_limit=6, series_limit=7)


@pytest.mark.parametrize(
    ("label", "text", "field", "value"),
    [
        pytest.param("__sample_limit__", "1", "sample_limit", 1, id="samples"),
        pytest.param("__sample_limit__", "", "sample_limit", 5, id="an empty label says nothing"),
        pytest.param("__sample_limit__", "0", "sample_limit", 0, id="no limit of samples"),
        pytest.param("__label_limit__", "2", "label_limit", 2, id="labels"),
        pytest.param("__series_limit__", "3", "series_limit", 3, id="series"),
        pytest.param("__max_scrape_size__", "2MiB", "max_body_bytes", 2**21, id="size"),
        pytest.param("__unix_socket__", "/run/x", "unix_socket", "/run/x", id="a socket"),
        pytest.param(
            "__scrape_native_histograms__", "true", "scrape_native_histograms", True, id="native"
        ),
        pytest.param(
            "__always_scrape_classic_histograms__",
            "T",
            "always_scrape_classic_histograms",
            True,
            id="classic, as Go reads booleans",
        ),
        pytest.param(
            "__convert_classic_histograms_to_nhcb__",
            "1",
            "convert_classic_histograms_to_nhcb",
            True,
            id="converted",
        ),
    ],
)
def test_a_label_beats_the_job(label: str, text: str, field: str, value: object) -> None:
    assert getattr(options_of(JOB, {label: text}), field) == value
    assert options_of(JOB, {}) == OF_JOB


@pytest.mark.parametrize(
    ("label", "text", "message"),
    [
        pytest.param("__sample_limit__", "-1", "not a whole number: '-1'", id="negative"),
        pytest.param("__label_limit__", "x", "not a whole number: 'x'", id="no number"),
        pytest.param("__series_limit__", "9" * 40, "not a whole number: '99", id="far too large"),
        pytest.param("__max_scrape_size__", "1X", "not a size like", id="no size"),
        pytest.param("__stream_parse__", "maybe", "neither true nor false", id="no switch"),
        pytest.param(
            "__scrape_native_histograms__", "yes", "neither true nor false", id="no Go boolean"
        ),
    ],
)
def test_a_bad_label_makes_no_target(label: str, text: str, message: str) -> None:
    with pytest.raises(TargetError, match=f"{label}: {message}"):
        build(JOB, compile_rules([]), discovered(JOB, "h:1", {label: text}))


def test_rules_see_the_histogram_switches() -> None:
    labels = discovered(ScrapeJob(job_name="j", scrape_native_histograms=True), "h", {})
    assert labels["__scrape_native_histograms__"] == "true"
    assert labels["__convert_classic_histograms_to_nhcb__"] == "false"


def test_a_socket_needs_no_address() -> None:
    target = build(JOB, compile_rules([]), discovered(JOB, "", {"__unix_socket__": "/run/x"}))
    assert target.url == "http://localhost/metrics"
    assert dict(target.labels) == {"instance": "localhost", "job": "j"}


def test_two_sockets_are_two_targets() -> None:
    one, other = (
        build(JOB, compile_rules([]), discovered(JOB, "", {"__unix_socket__": path}))
        for path in ("/run/x", "/run/y")
    )
    assert one.key != other.key
