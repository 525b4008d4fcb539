"""Targets from what discovery found."""

import pytest

from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from scraper.settings import ScrapeJob, TargetGroup
from scraper.target import (
    Target,
    TargetError,
    TargetSet,
    TargetSetBuilder,
    addresses,
    build,
    discovered,
)
from transport.secret import Secret
from transport.settings import BasicAuth

Labels = dict[str, str]


def job_of(*rules: RelabelRule, **settings: object) -> ScrapeJob:
    return ScrapeJob(job_name="job", relabel_configs=rules, **settings)  # type: ignore[arg-type]


def target_of(job: ScrapeJob, address: str, labels: Labels | None = None) -> Target:
    return build(job, compile_rules(job.relabel_configs), discovered(job, address, labels or {}))


TO_ADDRESS = RelabelRule(source_labels=("custom",), target_label="__address__")
TO_PATH = RelabelRule(target_label="__metrics_path__", replacement="/probe")
TO_MODULE = RelabelRule(source_labels=("module",), target_label="__param_module")
TO_HTTPS = RelabelRule(target_label="__scheme__", replacement="https")
KEEP_INTERNAL = RelabelRule(source_labels=("__address__",), target_label="__tmp")
FROM_META = RelabelRule(source_labels=("__meta_pod",), target_label="pod")
DROP = RelabelRule(action="drop", source_labels=("custom",), regex="x")


@pytest.mark.parametrize(
    ("job", "address", "labels", "expected"),
    [
        pytest.param(
            job_of(),
            "1.2.3.4:1000",
            {"custom": "value"},
            {"custom": "value", "instance": "1.2.3.4:1000", "job": "job"},
            id="the labels of discovery, job and instance",
        ),
        pytest.param(
            job_of(), "host", {}, {"instance": "host", "job": "job"}, id="no port is invented"
        ),
        pytest.param(
            job_of(),
            "host",
            {"job": "other", "instance": "mine"},
            {"instance": "mine", "job": "other"},
            id="discovery may say job and instance",
        ),
        pytest.param(
            job_of(),
            "host",
            {"job": "", "instance": ""},
            {"instance": "host", "job": "job"},
            id="empty ones count as absent",
        ),
        pytest.param(
            job_of(TO_ADDRESS),
            "",
            {"custom": "host:1234"},
            {"custom": "host:1234", "instance": "host:1234", "job": "job"},
            id="the address may come from relabelling",
        ),
        pytest.param(
            job_of(KEEP_INTERNAL, FROM_META),
            "host",
            {"__meta_pod": "web-1"},
            {"instance": "host", "job": "job", "pod": "web-1"},
            id="internal labels are there for the rules only",
        ),
        pytest.param(
            job_of(),
            "https://host:8443/path?x=1",
            {},
            {"instance": "host:8443", "job": "job"},
            id="of a full URL the host is the instance",
        ),
    ],
)
def test_labels(job: ScrapeJob, address: str, labels: Labels, expected: Labels) -> None:
    assert dict(target_of(job, address, labels).labels) == expected


@pytest.mark.parametrize(
    ("scheme", "address", "instance"),
    [
        pytest.param("http", "host", "host:80", id="http"),
        pytest.param("https", "host", "host:443", id="https"),
        pytest.param("http", "host:8080", "host:8080", id="a port is kept"),
        pytest.param("http", "[::1]", "[::1]:80", id="IPv6"),
        pytest.param("http", "[::1]:9100", "[::1]:9100", id="IPv6 with a port"),
        pytest.param("http", "https://host/x", "host:443", id="a URL has its own scheme"),
    ],
)
def test_an_instance_with_the_default_port(scheme: str, address: str, instance: str) -> None:
    target = target_of(job_of(scheme=scheme, instance_default_port=True), address)
    assert dict(target.labels)["instance"] == instance
    named = target_of(job_of(instance_default_port=True), address, {"instance": "mine"})
    assert dict(named.labels)["instance"] == "mine"


PARAMS = {"module": ("http", "icmp"), "a": ("b c",)}


@pytest.mark.parametrize(
    ("job", "address", "labels", "url"),
    [
        pytest.param(job_of(), "h:1", {}, "http://h:1/metrics", id="the usual"),
        pytest.param(job_of(scheme="https"), "h", {}, "https://h/metrics", id="another scheme"),
        pytest.param(job_of(metrics_path="/x/y"), "h", {}, "http://h/x/y", id="another path"),
        pytest.param(job_of(metrics_path="x"), "h", {}, "http://h/x", id="a path without slash"),
        pytest.param(
            job_of(metrics_path="/m?a=1&b"), "h", {}, "http://h/m?a=1&b=", id="a path with query"
        ),
        pytest.param(
            job_of(metrics_path="/a b%20c"), "h", {}, "http://h/a%20b%20c", id="a path with blanks"
        ),
        pytest.param(job_of(), "[::1]:9100", {}, "http://[::1]:9100/metrics", id="IPv6"),
        pytest.param(
            job_of(params=PARAMS),
            "h",
            {},
            "http://h/metrics?a=b+c&module=http&module=icmp",
            id="parameters, sorted",
        ),
        pytest.param(
            job_of(TO_MODULE, params=PARAMS),
            "h",
            {"module": "tcp"},
            "http://h/metrics?a=b+c&module=tcp&module=icmp",
            id="a label stands for the first value",
        ),
        pytest.param(
            job_of(),
            "h",
            {"__param_new": "1"},
            "http://h/metrics?new=1",
            id="a label brings a parameter",
        ),
        pytest.param(
            job_of(TO_PATH, TO_HTTPS), "h", {}, "https://h/probe", id="rules change path and scheme"
        ),
        pytest.param(
            job_of(),
            "h",
            {"__scheme__": "https", "__metrics_path__": "/q"},
            "https://h/q",
            id="discovery changes path and scheme",
        ),
        pytest.param(
            job_of(),
            "https://h:8443/custom/metrics?x=1",
            {},
            "https://h:8443/custom/metrics?x=1",
            id="a full URL as address",
        ),
        pytest.param(
            job_of(params={"a": ("1",)}),
            "http://h",
            {},
            "http://h/metrics?a=1",
            id="and a short one",
        ),
        pytest.param(job_of(), "h:1/path", {}, "http://h:1/path", id="an address with a path"),
        pytest.param(
            job_of(params={"a": ()}), "h", {}, "http://h/metrics", id="a parameter without values"
        ),
    ],
)
def test_url(job: ScrapeJob, address: str, labels: Labels, url: str) -> None:
    assert target_of(job, address, labels).url == url


@pytest.mark.parametrize(
    ("labels", "times"),
    [
        pytest.param({}, (60, 10), id="the job's"),
        pytest.param({"__scrape_interval__": "1m30s"}, (90, 10), id="an interval of its own"),
        pytest.param({"__scrape_timeout__": "500ms"}, (60, 0.5), id="a timeout of its own"),
    ],
)
def test_times(labels: Labels, times: tuple[float, float]) -> None:
    target = target_of(job_of(), "h", labels)
    assert (target.interval_s, target.timeout_s) == times


@pytest.mark.parametrize(
    ("job", "address", "labels", "message"),
    [
        pytest.param(job_of(DROP), "h", {"custom": "x"}, "dropped by relabel_configs", id="a rule"),
        pytest.param(job_of(), "", {}, "no address", id="no address"),
        pytest.param(
            job_of(),
            "h",
            {"__scrape_interval__": "2notseconds"},
            "scrape interval: not a duration.*'2notseconds'",
            id="a bad interval",
        ),
        pytest.param(
            job_of(),
            "h",
            {"__scrape_timeout__": "x"},
            "scrape timeout: not a duration",
            id="a bad timeout",
        ),
        pytest.param(
            job_of(), "h", {"__scrape_interval__": "0s"}, "interval must not be 0", id="no interval"
        ),
        pytest.param(
            job_of(), "h", {"__scrape_timeout__": "0s"}, "timeout must not be 0", id="no timeout"
        ),
        pytest.param(
            job_of(),
            "h",
            {"__scrape_interval__": "1s", "__scrape_timeout__": "2s"},
            "scrape timeout 2s is greater than scrape interval 1s",
            id="a timeout beyond the interval",
        ),
        pytest.param(job_of(), "h", {"__scheme__": "ftp"}, "ftp", id="another scheme"),
        pytest.param(job_of(), "h:99999", {}, "bad URL", id="a bad port"),
        pytest.param(job_of(), "a b", {}, "bad URL", id="a host with a blank"),
        pytest.param(job_of(), "h", {"x": "\ud800"}, "'x' has a value", id="half a character"),
    ],
)
def test_what_is_no_target(job: ScrapeJob, address: str, labels: Labels, message: str) -> None:
    with pytest.raises(TargetError, match=message):
        target_of(job, address, labels)


def set_of(job: ScrapeJob, *groups: TargetGroup) -> TargetSet:
    builder = TargetSetBuilder(job, compile_rules(job.relabel_configs))
    for address, labels in addresses(groups):
        builder.add(address, labels)
    return builder.result()


def test_duplicates_are_merged_and_told() -> None:
    found = set_of(
        job_of(),
        TargetGroup(targets=("a:1", "b:1")),
        TargetGroup(targets=("a:1",), labels={"__meta_other": "1"}),
        TargetGroup(targets=("a:1",), labels={"x": "1"}),
    )
    assert [target.url for target in found.targets.values()] == [
        "http://a:1/metrics",
        "http://b:1/metrics",
        "http://a:1/metrics",
    ]
    (dropped,) = found.dropped
    assert dropped.reason.startswith("duplicate")
    assert dropped.discovered_labels["__meta_other"] == "1"


def test_few_dropped_targets_are_kept_and_all_counted() -> None:
    job = job_of(RelabelRule(action="drop", source_labels=("job",)), keep_dropped_targets=2)
    found = set_of(job, TargetGroup(targets=tuple([f"h{number}" for number in range(5)])))
    assert (len(found.targets), len(found.dropped), found.dropped_total) == (0, 2, 5)


def test_a_target_keeps_its_hash() -> None:
    first, second = target_of(job_of(), "a:1"), target_of(job_of(), "a:1")
    assert first == second
    assert first.stable_hash == second.stable_hash
    assert first.stable_hash != target_of(job_of(), "a:2").stable_hash
    assert first.lane_key == target_of(job_of(), "b:1", {"instance": "a:1"}).lane_key


def test_a_dropped_target_tells_by_which_rule() -> None:
    job = job_of(FROM_META, DROP)
    builder = TargetSetBuilder(job, compile_rules(job.relabel_configs))
    builder.add("h:1", {"custom": "x"})
    (dropped,) = builder.result().dropped
    assert dropped.explained() == (
        "dropped by relabel_configs, rule 2: {action: drop, source_labels: [custom], regex: x}"
    )


@pytest.mark.parametrize(
    ("settings", "listed"),
    [
        pytest.param({"keep_dropped_targets": 2}, 2, id="as many as the job wants"),
        pytest.param({"max_dropped_targets": 1}, 1, id="as many as the flag allows"),
        pytest.param({"drop_original_labels": True}, 0, id="none without their labels"),
    ],
)
def test_how_many_dropped_targets_are_listed(settings: dict[str, object], listed: int) -> None:
    job = job_of(DROP, **settings)
    builder = TargetSetBuilder(job, compile_rules(job.relabel_configs))
    for number in range(3):
        builder.add(f"h:{number}", {"custom": "x"})
    builder.add("h:9", {"custom": "y"})
    result = builder.result()
    assert (len(result.dropped), result.dropped_total) == (listed, 3)
    (target,) = result.targets.values()
    assert bool(target.discovered_labels) is (listed > 0)


def test_parameters_of_job_and_labels() -> None:
    """The case of Prometheus' TestTargetURL."""
    job = job_of(params={"abc": ("foo", "bar", "baz"), "xyz": ("hoo",)}, scheme="https")
    labels = {"__metrics_path__": "/metricz", "__param_abc": "overwrite", "__param_cde": "huu"}
    url = "https://example.com:1234/metricz?abc=overwrite&abc=bar&abc=baz&cde=huu&xyz=hoo"
    assert target_of(job, "example.com:1234", labels).url == url


ADA = BasicAuth(username="ada", password=Secret("pw"))


@pytest.mark.parametrize(
    ("rules", "address", "url", "userinfo"),
    [
        pytest.param((), "http://ada:pw@h:1/m", "http://h:1/m", ADA, id="of a URL"),
        pytest.param((), "ada:pw@h:1", "http://h:1/metrics", ADA, id="of an address"),
        pytest.param((), "h:1", "http://h:1/metrics", None, id="none"),
        pytest.param(
            (RelabelRule(target_label="__address__", replacement="prober:9115"),),
            "http://ada:pw@h:1/m",
            "http://prober:9115/metrics",
            None,
            id="not for where rules lead",
        ),
        pytest.param(
            (RelabelRule(target_label="__address__", replacement="ada:pw@gate:1"),),
            "h:1",
            "http://gate:1/metrics",
            ADA,
            id="of an address that rules make",
        ),
    ],
)
def test_credentials_in_an_address(
    rules: tuple[RelabelRule, ...], address: str, url: str, userinfo: BasicAuth | None
) -> None:
    copy = RelabelRule(source_labels=("__address__",), target_label="copied")
    (target,) = set_of(job_of(copy, *rules), TargetGroup(targets=(address,))).targets.values()
    assert (target.url, target.userinfo) == (url, userinfo)
    assert "pw" not in repr(target)
    assert "@" not in dict(target.labels)["instance"]


def test_credentials_of_a_dropped_target_are_not_kept() -> None:
    (dropped,) = set_of(
        job_of(DROP), TargetGroup(targets=("u:pw@h",), labels={"custom": "x"})
    ).dropped
    assert "pw" not in repr(dropped)
