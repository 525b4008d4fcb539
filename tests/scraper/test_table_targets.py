"""The cases of Prometheus' target_test.go and of TestPopulateLabels in manager_test.go.

What is discovered goes in; labels, URL and times of the target come out, or why there is none. The
inventory of all functions: tests/scraper/PEERS.md.
"""

from collections import Counter

import attrs
import pytest
import trio
from trio.testing import MockClock

from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from scraper.options import TargetOptions
from scraper.schedule import Schedule
from scraper.settings import ScrapeJob, TargetGroup
from scraper.target import Target, TargetError, TargetSetBuilder, addresses, build, discovered
from series.labels import canonical
from series.lane import lane_key
from tests.scraper.fleet import Fleet
from tests.scraper.told import scraped

Labels = dict[str, str]

JOB = ScrapeJob(job_name="job", scheme="https", scrape_interval_s=1, scrape_timeout_s=1)
MISSING = ScrapeJob(
    job_name="job",
    scheme="https",
    scrape_interval_s=1,
    scrape_timeout_s=1,
    relabel_configs=(RelabelRule(source_labels=("custom",), target_label="__address__"),),
)
TO_NHCB = "__convert_classic_histograms_to_nhcb__"
BY_RULE = RelabelRule(
    source_labels=(TO_NHCB,), regex="false", target_label=TO_NHCB, replacement="true"
)
OF_JOB = {
    "__scheme__": "https",
    "__metrics_path__": "/metrics",
    "__scrape_interval__": "1s",
    "__scrape_timeout__": "1s",
    "__scrape_native_histograms__": "false",
    "__always_scrape_classic_histograms__": "false",
    TO_NHCB: "false",
    "job": "job",
}
OTHERS = {
    "__scheme__": "http",
    "__metrics_path__": "/custom",
    "__scrape_interval__": "2s",
    "__scrape_timeout__": "2s",
    "job": "custom-job",
}


def populated(job: ScrapeJob, address: str, labels: Labels) -> Target:
    return build(job, compile_rules(job.relabel_configs), discovered(job, address, labels))


@pytest.mark.parametrize(
    ("job", "address", "labels", "public", "url", "seconds"),
    [
        pytest.param(
            JOB,
            "1.2.3.4:1000",
            {"custom": "value"},
            {"custom": "value", "instance": "1.2.3.4:1000", "job": "job"},
            "https://1.2.3.4:1000/metrics",
            1,
            id="what the job says",
        ),
        pytest.param(
            JOB,
            "1.2.3.4",
            OTHERS,
            {"instance": "1.2.3.4", "job": "custom-job"},
            "http://1.2.3.4/custom",
            2,
            id="what discovery says beats it",
        ),
        pytest.param(
            JOB,
            "[::1]",
            {"instance": "custom-instance"},
            {"instance": "custom-instance", "job": "job"},
            "https://[::1]/metrics",
            1,
            id="an instance of its own, and IPv6 without a port",
        ),
        pytest.param(
            MISSING,
            "",
            {"custom": "host:1234"},
            {"custom": "host:1234", "instance": "host:1234", "job": "job"},
            "https://host:1234/metrics",
            1,
            id="an address that only relabelling brings",
        ),
        pytest.param(
            JOB,
            "1.2.3.4",
            {},
            {"instance": "1.2.3.4", "job": "job"},
            "https://1.2.3.4/metrics",
            1,
            id="no default port is added",
        ),
        pytest.param(
            attrs.evolve(JOB, scheme="http"),
            "1.2.3.4:80",
            {},
            {"instance": "1.2.3.4:80", "job": "job"},
            "http://1.2.3.4:80/metrics",
            1,
            id="and none is taken away, of http",
        ),
        pytest.param(
            JOB,
            "1.2.3.4:443",
            {},
            {"instance": "1.2.3.4:443", "job": "job"},
            "https://1.2.3.4:443/metrics",
            1,
            id="of https",
        ),
    ],
)
def test_populate_labels(
    job: ScrapeJob, address: str, labels: Labels, public: Labels, url: str, seconds: float
) -> None:
    given = dict(labels)
    target = populated(job, address, given)
    assert given == labels
    assert (dict(target.labels), target.url) == (public, url)
    assert (target.interval_s, target.timeout_s) == (seconds, seconds)
    # What the page shows as discovered: before the rules, so without instance.
    expected = {**OF_JOB, "__scheme__": job.scheme, "__address__": address, **labels}
    assert target.discovered_labels == expected


@pytest.mark.parametrize(
    ("job", "labels", "message"),
    [
        pytest.param(JOB, {"__address__": ""}, "no address", id="no address"),
        pytest.param(
            JOB,
            {"__scrape_interval__": "2notseconds"},
            "scrape interval: .*'2notseconds'",
            id="an interval that is none",
        ),
        pytest.param(
            JOB,
            {"__scrape_timeout__": "2notseconds"},
            "scrape timeout: .*'2notseconds'",
            id="a timeout that is none",
        ),
        pytest.param(JOB, {"__scrape_interval__": "0s"}, "interval must not be 0", id="interval 0"),
        pytest.param(JOB, {"__scrape_timeout__": "0s"}, "timeout must not be 0", id="timeout 0"),
        pytest.param(
            JOB,
            {"__scrape_interval__": "1s", "__scrape_timeout__": "2s"},
            "timeout 2s is greater than scrape interval 1s",
            id="a timeout beyond the interval",
        ),
        pytest.param(
            JOB, {TO_NHCB: "maybe"}, f"{TO_NHCB}: neither true nor false: 'maybe'", id="a switch"
        ),
    ],
)
def test_populate_labels_fails(job: ScrapeJob, labels: Labels, message: str) -> None:
    address = labels.get("__address__", "1.2.3.4:1000")
    with pytest.raises(TargetError, match=message):
        populated(job, address, labels)


@pytest.mark.parametrize(
    "job",
    [
        pytest.param(attrs.evolve(JOB, convert_classic_histograms_to_nhcb=True), id="the job"),
        pytest.param(attrs.evolve(JOB, relabel_configs=(BY_RULE,)), id="a rule"),
    ],
)
def test_who_switches_the_conversion_of_histograms(job: ScrapeJob) -> None:
    options = populated(job, "1.2.3.4:1000", {}).options
    assert options == TargetOptions(convert_classic_histograms_to_nhcb=True)


def test_rules_change_the_times_that_they_read() -> None:
    """TestTargetScrapeIntervalAndTimeoutRelabel."""
    rules = tuple(
        RelabelRule(source_labels=(name,), regex=before, replacement=after, target_label=name)
        for name, before, after in (
            ("__scrape_interval__", "2s", "3s"),
            ("__scrape_timeout__", "500ms", "750ms"),
        )
    )
    job = attrs.evolve(JOB, scrape_interval_s=2, scrape_timeout_s=0.5, relabel_configs=rules)
    target = populated(job, "127.0.0.1:9090", {})
    assert (target.interval_s, target.timeout_s) == (3, 0.75)


WANTED = {
    "__scrape_timeout__": "1s500ms",
    "__param_param": "value1",
    "__metrics_path__": "/metric-ok",
}
UNWANTED = {
    "__scrape_timeout__": "500ms",
    "__param_param": "value2",
    "__metrics_path__": "/metric-nok",
}
OTHERWISE = {
    "scrape_timeout_s": 0.5,
    "params": {"param": ("value2",)},
    "metrics_path": "/metric-nok",
}


@pytest.mark.parametrize(
    ("settings", "labels", "ruled"),
    [
        pytest.param(
            {
                "scrape_timeout_s": 1.5,
                "params": {"param": ("value1",)},
                "metrics_path": "/metric-ok",
            },
            {},
            {},
            id="all by the job",
        ),
        pytest.param(OTHERWISE, WANTED, {}, id="by labels of the target"),
        pytest.param(OTHERWISE, UNWANTED, WANTED, id="by rules"),
    ],
)
async def test_target_scrape_config_with_labels(
    nursery: trio.Nursery,
    autojump_clock: MockClock,
    settings: dict[str, object],
    labels: Labels,
    ruled: Labels,
) -> None:
    fleet = Fleet(nursery)
    rules = tuple(
        RelabelRule(target_label=name, replacement=value) for name, value in ruled.items()
    )
    await scraped(fleet, ["a 1\n"], labels, **settings, relabel_configs=rules)
    _, request = fleet.requests[0]
    assert request.line == "GET /metric-ok?param=value1 HTTP/1.1"
    assert request.header("x-prometheus-scrape-timeout-seconds") == "1.5"


def test_target_labels_are_sorted_and_public() -> None:
    target = populated(JOB, "example.com:80", {"job": "some_job", "foo": "bar", "__x": "y"})
    assert target.labels == (("foo", "bar"), ("instance", "example.com:80"), ("job", "some_job"))


def test_target_offsets_spread_evenly() -> None:
    """A thousand targets that differ in one label only, in ten buckets."""
    counts: Counter[int] = Counter()
    for number in range(1000):
        labels = canonical({"label": str(number)})
        target = Target(
            labels=labels,
            url="http://example.com:80/metrics",
            interval_s=10,
            timeout_s=10,
            discovered_labels={},
            lane_key=lane_key(labels),
        )
        counts[Schedule.of(10, target.stable_hash).offset_ms // 1000] += 1
    assert set(counts) == set(range(10))
    assert max(abs(count - 100) for count in counts.values()) <= 30


@pytest.mark.parametrize(
    ("address", "labels", "url"),
    [
        pytest.param(
            "example.com:1234", {}, "https://example.com:1234/metrics", id="is not in the URL"
        ),
        pytest.param("", {"__scheme__": "http"}, "http://localhost/metrics", id="stands for it"),
    ],
)
def test_target_url_with_a_unix_socket(address: str, labels: Labels, url: str) -> None:
    target = populated(JOB, address, {"__unix_socket__": "/tmp/sock", **labels})
    assert (target.url, target.options.unix_socket) == (url, "/tmp/sock")


@pytest.mark.parametrize(
    ("rules", "found", "reasons"),
    [
        pytest.param((), ["", "localhost:9090"], ["no address"], id="TargetsFromGroup"),
        pytest.param((), ["localhost:9090"], [], id="no relabelling"),
        pytest.param(
            (RelabelRule(action="labelkeep", regex="foo"),),
            ["localhost:9090"],
            # Prometheus says that there is no address: nothing at all is left.
            ["dropped by relabel_configs"],
            id="labelkeep takes the address away",
        ),
        pytest.param(
            (RelabelRule(action="labeldrop", regex="__address__"),),
            ["localhost:9090"],
            ["no address"],
            id="labeldrop too",
        ),
    ],
)
def test_targets_from_a_group(
    rules: tuple[RelabelRule, ...], found: list[str], reasons: list[str]
) -> None:
    job = attrs.evolve(JOB, relabel_configs=rules, metric_name_validation_scheme="legacy")
    builder = TargetSetBuilder(job, compile_rules(rules, scheme="legacy"))
    for address, labels in addresses([TargetGroup(targets=tuple(found))]):
        builder.add(address, labels)
    result = builder.result()
    assert [dropped.reason.partition(":")[0] for dropped in result.dropped] == reasons
    assert len(result.targets) == len(found) - len(reasons)
