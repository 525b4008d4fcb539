"""The cases of vmagent's config_test.go: a configuration in, the targets that it means out.

vmagent skips a job that is wrong, with a line in its log; here the configuration is refused. What
else differs on purpose (docs/differences.md): no port is invented for `instance`, `hashmod` is
Prometheus', external labels come behind metric relabelling, a scheme must be http or https.
"""

import pytest

from agent.config.errors import ConfigErrors
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
KEEPS = """
- job_name: foo
  scheme: https
  relabel_configs:
  - {action: keep, source_labels: [__address__], regex: 'foo\\.bar:.*'}
  - {action: labeldrop, regex: non-matching-regex}
  - {action: labelkeep, regex: 'job|__address__|__scrape.*'}
  - {action: labeldrop, regex: ''}
  static_configs: [{targets: ["foo.bar:1234", "xyz"]}]
"""


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
            {"http://foo.bar:1234/metrics": {"instance": "foo.bar:1234", "job": "foo"}},
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
    ],
)
def test_targets(text: str, expected: dict[str, dict[str, str]]) -> None:
    assert {target.url: dict(target.labels) for target in targets_of(text)} == expected


def test_a_timeout_by_label() -> None:
    assert [target.timeout_s for target in targets_of(SETTINGS)] == [5, 5, 10]


def job(keys: str) -> str:
    return f"- {{job_name: aa, {keys}, static_configs: [{{targets: [s]}}]}}"


def rule(keys: str) -> str:
    return job(f"relabel_configs: [{{{keys}}}]")


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
