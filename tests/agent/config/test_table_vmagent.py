"""The cases of vmagent's config_test.go: a configuration in, the targets that it means out.

vmagent skips a job that is wrong, with a line in its log; here the configuration is refused. What
else differs on purpose (docs/differences.md): no port is invented for `instance` unless asked for,
`hashmod` is Prometheus', rules and credentials that Prometheus takes are taken, external labels
come behind metric relabelling, a scheme must be http or https.
"""

import pytest

from agent.config.errors import ConfigErrors
from scraper.options import TargetOptions
from scraper.settings import StaticDiscovery
from scraper.setup import set_up
from scraper.target import Target, TargetSetBuilder, addresses
from tests.agent.config.support import load_files


def targets_of(text: str) -> list[Target]:
    targets: list[Target] = []
    for job in load_files({"p.yml": f"scrape_configs:\n{text}"}).jobs:
        builder = TargetSetBuilder(job, set_up(job, {}).target_pipeline)
        for discovery in job.discoveries:
            assert isinstance(discovery, StaticDiscovery)
            for address, labels in addresses(discovery.groups):
                builder.add(address, labels)
        targets += builder.result().targets.values()
    return targets


FULL_URLS = """
- job_name: abc
  metrics_path: /foo/bar
  scheme: https
  params: {x: [y]}
  static_configs:
  - targets:
    - 'http://host1/metric/path1'
    - 'https://host2/metric/path2'
    - 'http://host3:1234/metric/path3?arg1=value1'
    - host4:1234
"""
BLACKBOX = """
- job_name: blackbox
  metrics_path: /probe
  params: {module: [dns_udp_example]}
  static_configs: [{targets: [8.8.8.8]}]
  relabel_configs:
  - {source_labels: [__address__], target_label: __param_target}
  - {source_labels: [__param_target], target_label: instance}
  - {target_label: __address__, replacement: 'black:9115'}
"""
SNMP = """
- job_name: snmp
  metrics_path: /snmp
  params: {module: [if_mib]}
  sample_limit: 100
  disable_keepalive: true
  disable_compression: true
  headers: ["My-Auth: foo-Bar"]
  scrape_align_interval: 1s
  scrape_offset: 0.5s
  relabel_configs:
  - {source_labels: [__address__], target_label: __param_target}
  - {source_labels: [__param_target], target_label: instance}
  - {target_label: __address__, replacement: '127.0.0.1:9116'}
  - {target_label: __series_limit__, replacement: 1234}
  - {target_label: __sample_limit__, replacement: 5678}
  - {target_label: __label_limit__, replacement: 42}
  - {target_label: __stream_parse__, replacement: true}
  static_configs: [{targets: [192.168.1.2]}]
"""
SIZES = """
- job_name: foo
  max_scrape_size: 8MiB
  relabel_configs:
  - source_labels: [__address__]
    regex: foo1:.*
    target_label: __max_scrape_size__
    replacement: 2.5MiB
  - {source_labels: [__address__], regex: 'foo2:.*', target_label: __max_scrape_size__,
     replacement: -1}
  static_configs: [{targets: ["foo1:1234", "foo2:1234", "foo3:1234"]}]
"""
LABELS = """
- job_name: aaa
  params: {a: [b, xy]}
  static_configs:
  - {targets: [a], labels: {foo: bar, __param_a: c, __address__: pp, job: yyy}}
"""
SETTINGS = """
- job_name: foo
  scrape_interval: 54s
  scrape_timeout: 12s
  metrics_path: /foo/bar
  scheme: https
  params:
    p: ["x&y", "="]
    xaa:
  static_configs:
  - targets: ["foo.bar", "aaa"]
    labels: {x: y, __scrape_timeout__: "5s"}
- job_name: qwer
  static_configs: [{targets: [1.2.3.4]}]
"""
RULES = """
- job_name: foo
  relabel_configs:
  - {source_labels: [__scheme__, __address__], separator: '://', target_label: __tmp_url}
  - {source_labels: [__tmp_url, __metrics_path__], separator: '', target_label: url}
  - {action: labeldrop, regex: 'job|__tmp_.+'}
  - {action: drop, source_labels: [__address__], regex: 'drop-.*'}
  - {action: keep, source_labels: [__param_x], regex: keep_me}
  - {action: labelkeep, regex: '__.*|url'}
  - {action: labelmap, regex: '(url)', replacement: 'prefix:${1}'}
  - {action: hashmod, source_labels: [__address__], modulus: 123, target_label: hash}
  - {action: replace, source_labels: [__address__], target_label: foobar, replacement: ''}
  params: {x: [keep_me]}
  static_configs: [{targets: ["foo.bar:1234", "drop-this-target"]}]
"""
INTERNAL = """
- job_name: foo
  scheme: https
  relabel_configs:
  - {source_labels: [nix], target_label: instance, replacement: fake.addr}
  - {source_labels: [__address__], target_label: foobar, regex: nix, replacement: aaabbb}
  - {source_labels: [__scheme__], target_label: job}
  - {source_labels: [__scheme__], target_label: __scheme__, replacement: http}
  - {target_label: __metrics_path__, replacement: /abc.de}
  - {target_label: __param_a, replacement: b}
  static_configs: [{targets: ["foo.bar:1234"]}]
"""
GLOBAL_RULES = """
global:
  relabel_configs:
  - {target_label: job, replacement: 'prefix_${1}', source_labels: [job], regex: (.+)}
  metric_relabel_configs: [{action: labeldrop, regex: id}]
scrape_configs:
- job_name: foo
  relabel_configs: [{target_label: bar, replacement: foo}]
- job_name: bar
  relabel_configs: [{target_label: baz, replacement: bar}]
  metric_relabel_configs:
  - source_labels: [mount_path]
    replacement: ${2}
    regex: '(\\/.+)?\\/(.+)'
    target_label: mount_path
- job_name: baz
"""
KEEPS = """
- job_name: foo
  scheme: https
  relabel_configs:
  - {action: keep, source_labels: [__address__], regex: 'foo\\.bar:.*'}
  - {action: hashmod, source_labels: [job], modulus: 4, target_label: job}
  - {action: labeldrop, regex: non-matching-regex}
  - {action: labelkeep, regex: 'job|__address__|__scrape.*'}
  - {action: labeldrop, regex: ''}
  static_configs: [{targets: ["foo.bar:1234", "xyz"]}]
"""


def job(keys: str) -> str:
    return f"- {{job_name: aa, {keys}, static_configs: [{{targets: [s]}}]}}"


def rule(keys: str) -> str:
    return job(f"relabel_configs: [{{{keys}}}]")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            FULL_URLS,
            {
                "http://host1/metric/path1?x=y": {"instance": "host1", "job": "abc"},
                "https://host2/metric/path2?x=y": {"instance": "host2", "job": "abc"},
                "http://host3:1234/metric/path3?arg1=value1&x=y": {
                    "instance": "host3:1234",
                    "job": "abc",
                },
                "https://host4:1234/foo/bar?x=y": {"instance": "host4:1234", "job": "abc"},
            },
            id="AddressWithFullURL",
        ),
        pytest.param(
            BLACKBOX,
            {
                "http://black:9115/probe?module=dns_udp_example&target=8.8.8.8": {
                    "instance": "8.8.8.8",
                    "job": "blackbox",
                }
            },
            id="BlackboxExporter",
        ),
        pytest.param(
            SETTINGS,
            {
                "https://foo.bar/foo/bar?p=x%26y&p=%3D": {
                    "instance": "foo.bar",
                    "job": "foo",
                    "x": "y",
                },
                "https://aaa/foo/bar?p=x%26y&p=%3D": {"instance": "aaa", "job": "foo", "x": "y"},
                "http://1.2.3.4/metrics": {"instance": "1.2.3.4", "job": "qwer"},
            },
            id="settings, and a timeout by label",
        ),
        pytest.param(
            RULES,
            {
                "http://foo.bar:1234/metrics?x=keep_me": {
                    "hash": "39",
                    "instance": "foo.bar:1234",
                    "prefix:url": "http://foo.bar:1234/metrics",
                    "url": "http://foo.bar:1234/metrics",
                }
            },
            id="rules that leave no job",
        ),
        pytest.param(
            INTERNAL,
            {"http://foo.bar:1234/abc.de?a=b": {"instance": "fake.addr", "job": "https"}},
            id="rules on internal labels",
        ),
        pytest.param(
            KEEPS,
            {"http://foo.bar:1234/metrics": {"instance": "foo.bar:1234", "job": "0"}},
            id="labelkeep takes scheme and path, which have defaults",
        ),
        pytest.param(
            "- {job_name: aa, tls_config: {ca_file: nix}, static_configs: [{targets: [s]}]}",
            {"http://s/metrics": {"instance": "s", "job": "aa"}},
            id="a CA file that is not there yet",
        ),
        pytest.param(
            "- {job_name: x, basic_auth: {password: sss}, static_configs: [{targets: [a]}]}",
            {"http://a/metrics": {"instance": "a", "job": "x"}},
            id="a password without a user",
        ),
        pytest.param(
            "- {job_name: x, basic_auth: {password: ''}, static_configs: [{targets: [a]}]}",
            {"http://a/metrics": {"instance": "a", "job": "x"}},
            id="neither user nor password: vmagent skips the job, Prometheus does not",
        ),
        pytest.param(
            rule("action: keep"),
            {"http://s/metrics": {"instance": "s", "job": "aa"}},
            id="keep of no labels: skipped there, keeps everything in Prometheus",
        ),
        pytest.param(rule("action: drop"), {}, id="drop of no labels drops everything"),
        pytest.param(
            rule("action: hashmod, target_label: bar, modulus: 123"),
            {"http://s/metrics": {"bar": "43", "instance": "s", "job": "aa"}},
            id="hashmod of no labels is that of nothing",
        ),
        pytest.param(
            rule("target_label: __scheme__, replacement: mailto"), {}, id="a scheme by rule"
        ),
        pytest.param(
            LABELS,
            {"http://a/metrics?a=c&a=xy": {"foo": "bar", "instance": "a", "job": "yyy"}},
            id="labels of a group, of which the address does not replace the target's",
        ),
        pytest.param(
            job("instance_default_port: true"),
            {"http://s/metrics": {"instance": "s:80", "job": "aa"}},
            id="a port for instance where it is asked for",
        ),
        pytest.param(
            SNMP,
            {
                "http://127.0.0.1:9116/snmp?module=if_mib&target=192.168.1.2": {
                    "instance": "192.168.1.2",
                    "job": "snmp",
                }
            },
            id="an SNMP prober",
        ),
        pytest.param(
            job("relabel_configs: [{target_label: __metrics_path__, replacement: metricspath}]"),
            {"http://s/metricspath": {"instance": "s", "job": "aa"}},
            id="a path without slash",
        ),
    ],
)
def test_targets(text: str, expected: dict[str, dict[str, str]]) -> None:
    assert {target.url: dict(target.labels) for target in targets_of(text)} == expected


def test_a_timeout_by_label() -> None:
    assert [target.timeout_s for target in targets_of(SETTINGS)] == [5, 5, 10]


def test_limits_by_label() -> None:
    (target,) = targets_of(SNMP)
    assert target.options == TargetOptions(sample_limit=5678, label_limit=42, series_limit=1234)
    # A size that is none drops its target, where vmagent takes the job's.
    assert [target.options.max_body_bytes for target in targets_of(SIZES)] == [5 * 2**19, 0]


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        pytest.param(
            SNMP,
            {
                "sample_limit": 100,
                "disable_keepalive": True,
                "enable_compression": False,
                "scrape_align_interval_s": 1,
                "scrape_offset_s": 0.5,
            },
            id="an SNMP prober",
        ),
        pytest.param(
            job(
                "scrape_interval: 1w, scrape_timeout: 1d, scrape_align_interval: 1d, "
                "scrape_offset: 2d, no_stale_markers: true"
            ),
            {
                "scrape_interval_s": 7 * 86400,
                "scrape_timeout_s": 86400,
                "scrape_align_interval_s": 86400,
                "scrape_offset_s": 2 * 86400,
                "no_stale_markers": True,
            },
            id="times in days",
        ),
        pytest.param(job("series_limit: 0"), {"series_limit": 0}, id="0 is not what flags say"),
        pytest.param(job("scheme: http"), {"sample_limit": 7}, id="a limit of all jobs"),
        pytest.param(job("sample_limit: 200"), {"sample_limit": 200}, id="one of the job's own"),
        pytest.param(job("honor_labels: true"), {"honor_labels": True}, id="labels are honoured"),
    ],
)
def test_settings(text: str, settings: dict[str, object]) -> None:
    (found,) = load_files({"p.yml": f"global: {{sample_limit: 7}}\nscrape_configs:\n{text}"}).jobs
    assert {name: getattr(found, name) for name in settings} == settings


def test_how_a_job_connects() -> None:
    keys = "follow_redirects: false, proxy_url: 'http://foo.bar'"
    tls = "tls_config: {server_name: foobar, insecure_skip_verify: true}"
    text = f"scrape_configs:\n{job(f'{keys}, {tls}')}"
    (found,) = load_files({"p.yml": text}).jobs
    http = found.http
    assert (http.follow_redirects, http.proxy.proxy_url) == (False, "http://foo.bar")
    assert (http.tls.server_name, http.tls.insecure_skip_verify) == ("foobar", True)


def test_rules_of_all_jobs_come_first() -> None:
    """TestStaticConfigWithGlobalRelabelConfigs."""
    jobs = load_files({"p.yml": GLOBAL_RULES}).jobs
    assert [
        (
            [rule.target_label for rule in found.relabel_configs],
            [rule.target_label or rule.action for rule in found.metric_relabel_configs],
        )
        for found in jobs
    ] == [
        (["job", "bar"], ["labeldrop"]),
        (["job", "baz"], ["labeldrop", "mount_path"]),
        (["job"], ["labeldrop"]),
    ]


@pytest.mark.parametrize("key", ["ca_file", "cert_file", "key_file"])
def test_tls_files_may_come_later(key: str) -> None:
    """As vmagent. Prometheus refuses a configuration whose files are not there."""
    files = {"ca_file": "", "cert_file": "", "key_file": ""}
    pair = {"key_file": "cert_file", "cert_file": "key_file"}
    files[key] = files[pair.get(key, key)] = "nix"
    given = ", ".join(f"{name}: {path}" for name, path in files.items() if path)
    (target,) = targets_of(job(f"tls_config: {{{given}}}"))
    assert target.url == "http://s/metrics"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            rule("action: hashmod, source_labels: [foo], target_label: bar"), id="no modulus"
        ),
        pytest.param(rule("action: foobar"), id="no such action"),
        pytest.param(
            rule("action: hashmod, source_labels: [foo], modulus: 123"), id="hashmod to nowhere"
        ),
        pytest.param(rule("regex: '(', source_labels: [a], target_label: b"), id="a bad regex"),
        pytest.param(rule("action: replace, source_labels: [foo]"), id="replace to nowhere"),
        pytest.param(job("authorization: {credentials: a}, bearer_token: b"), id="two tokens"),
        pytest.param(job("bearer_token: a, bearer_token_file: b"), id="a token and its file"),
        pytest.param(job("bearer_token: a, basic_auth: {username: a, password: b}"), id="two ways"),
        pytest.param(
            job("authorization: {credentials: a}, basic_auth: {username: b}"), id="two other ways"
        ),
        pytest.param(job("scheme: asdf"), id="a scheme"),
        pytest.param("- {static_configs: [{targets: [foo]}]}", id="no job_name"),
        pytest.param(
            job("basic_auth: {username: a, password: b, password_file: c}"), id="two passwords"
        ),
        pytest.param("- {foo: bar}", id="an unknown key"),
        pytest.param(
            "- {job_name: foo, static_configs: {targets: [foo]}}\n"
            "- {job_name: foo, static_configs: {targets: [bar]}}",
            id="a job twice",
        ),
    ],
)
def test_what_is_refused(text: str) -> None:
    with pytest.raises(ConfigErrors):
        targets_of(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("foo bar baz", id="no mapping"),
        pytest.param("foo: bar", id="an unknown section"),
        pytest.param(
            "scrape_config_files: [{job_name: aa, static_configs: [{targets: [s]}]}]",
            id="jobs where names of files belong",
        ),
        pytest.param("- targets: [a]", id="groups of targets in place of a configuration"),
    ],
)
def test_what_is_no_configuration(text: str) -> None:
    with pytest.raises(ConfigErrors):
        load_files({"p.yml": text})
