"""What a configuration means once it is loaded: the shapes that users bring."""

import os
from collections.abc import Mapping

import attrs
import pytest

from agent.config.errors import ConfigErrors
from agent.config.load import Loaded, LoadOptions, load
from pushqueue.settings import QueueSettings
from scraper.settings import FileDiscovery, ScrapeJob, StaticDiscovery, TargetGroup
from transport.secret import Secret
from transport.settings import Authorization, BasicAuth, HttpSettings, TlsSettings


def load_text(text: str, environment: Mapping[str, str] | None = None, /, **files: str) -> Loaded:
    """Loads `text` as /etc/p.yml; `files` are further files below /etc (a_yml for a.yml)."""
    contents = {f"/etc/{name.replace('_yml', '.yml')}": body for name, body in files.items()}
    contents["/etc/p.yml"] = text

    def read(path: str) -> bytes:
        if path not in contents:
            raise FileNotFoundError(2, "No such file or directory", path)
        return contents[path].encode()

    options = LoadOptions(
        environment=environment or {},
        read_file=read,
        list_files=lambda pattern: sorted(
            name for name in contents if name == pattern or pattern.endswith("/*.yml")
        ),
    )
    return load("/etc/p.yml", options=options)


def errors_of(text: str, **files: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        load_text(text, None, **files)
    return [str(error) for error in caught.value.errors]


def only_job(text: str) -> ScrapeJob:
    (job,) = load_text(text).jobs
    return job


def test_an_empty_file_is_an_empty_configuration() -> None:
    assert load_text("# nothing\n") == Loaded(files_read=("/etc/p.yml",))


def test_the_prometheus_example_of_a_vendor_loads() -> None:
    loaded = load_text(
        "remote_write:\n"
        "  - url: https://metrics.example/api/v1/receive\n"
        "    tls_config:\n"
        "        ca_file: ca.pem\n"
        "        cert_file: cert.pem\n"
        "        key_file: /run/key.pem\n"
    )
    (remote,) = loaded.remotes
    assert remote.http.tls == TlsSettings(
        ca_file="/etc/ca.pem", cert_file="/etc/cert.pem", key_file="/run/key.pem"
    )
    assert remote.http.enable_http2 is False


def test_a_job_inherits_from_global() -> None:
    job = only_job(
        "global: {scrape_interval: 5s, sample_limit: 7, body_size_limit: 1MB}\n"
        "scrape_configs: [{job_name: a, static_configs: [{targets: [x:1], labels: {n: 0x1}}]}]\n"
    )
    assert (job.scrape_interval_s, job.scrape_timeout_s) == (5.0, 5.0)
    assert (job.sample_limit, job.body_size_limit_bytes) == (7, 2**20)
    group = TargetGroup(targets=("x:1",), labels={"n": "0x1"}, source="0")
    assert job.discoveries == (StaticDiscovery(groups=(group,)),)


def test_paths_are_relative_to_the_configuration() -> None:
    job = only_job(
        "scrape_configs:\n"
        "- job_name: a\n"
        "  file_sd_configs: [{files: [t/*.json, /x/y.yml], refresh_interval: 1m}]\n"
        "  basic_auth: {username: u, password_file: p}\n"
    )
    assert job.discoveries == (
        FileDiscovery(files=("/etc/t/*.json", "/x/y.yml"), refresh_interval_s=60),
    )
    assert job.http.basic_auth == BasicAuth(username="u", password_file="/etc/p")


def test_bearer_token_is_authorization() -> None:
    job = only_job("scrape_configs: [{job_name: a, bearer_token: t}]")
    assert job.http == HttpSettings(authorization=Authorization(credentials=Secret("t")))


def test_a_remote_of_the_section_has_the_defaults_of_prometheus() -> None:
    (remote,) = load_text("remote_write: [{url: 'http://h:1/w'}]").remotes
    assert remote.send_timeout_s == 30
    assert remote.queue == attrs.evolve(
        QueueSettings(),
        flush_interval_s=5,
        max_rows_per_block=2000,
        retry_min_interval_s=0.03,
        retry_max_interval_s=5,
    )


def test_userinfo_becomes_basic_auth_and_leaves_the_url() -> None:
    (remote,) = load_text("remote_write: [{url: 'http://u:p%40@h:1/w?a=b'}]").remotes
    assert remote.url == "http://h:1/w?a=b"
    assert remote.http.basic_auth == BasicAuth(username="u", password=Secret("p@"))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("$A", "1", id="a variable"),
        pytest.param("x${A}y", "x1y", id="a variable in braces"),
        pytest.param("$$A", "$A", id="two dollars are one"),
        pytest.param("%{A}", "1", id="a placeholder of vmagent"),
        pytest.param("%{B}", "%{B}", id="an unknown placeholder stays"),
    ],
)
def test_external_labels_are_expanded(value: str, expected: str) -> None:
    loaded = load_text(f"global: {{external_labels: {{a: '{value}', gone: $B}}}}", {"A": "1"})
    assert loaded.global_.external_labels == {"a": expected}


def test_all_errors_are_told_with_their_places() -> None:
    assert errors_of(
        "global:\n"
        "  scrape_intervall: 5s\n"
        "scrape_configs:\n"
        "- job_name: a\n"
        "  scrape_interval: 5\n"
        "- job_name: a\n"
        "  honor_labels: 'true'\n"
    ) == [
        "/etc/p.yml:2:3: global.scrape_intervall: unknown key (did you mean 'scrape_interval'?)",
        '/etc/p.yml:5:20: scrape_configs[0].scrape_interval: not a valid duration string: "5"'
        " (a unit is missing: 30s, 1m, 1h30m)",
        "/etc/p.yml:6:13: scrape_configs[1].job_name: found multiple scrape configs with job name"
        ' "a" (first at /etc/p.yml:4:13)',
        "/etc/p.yml:7:17: scrape_configs[1].honor_labels: must be true or false, not a text in"
        " quotes (remove the quotes)",
    ]


def test_a_missing_file_is_one_error() -> None:
    options = LoadOptions(environment={})
    with pytest.raises(ConfigErrors, match=r"^/nowhere/p.yml: cannot be read: No such file"):
        load("/nowhere/p.yml", options=options)


def test_included_files_of_both_forms_bring_jobs() -> None:
    loaded = load_text(
        "scrape_config_files: [a.yml, b.yml]",
        a_yml="- job_name: a\n",
        b_yml="scrape_configs:\n- job_name: b\n",
    )
    assert [job.job_name for job in loaded.jobs] == ["a", "b"]
    assert loaded.files_read == ("/etc/p.yml", "/etc/a.yml", "/etc/b.yml")


def test_unused_sections_are_one_warning() -> None:
    loaded = load_text("rule_files: [x.yml]\nalerting: {alertmanagers: []}\n")
    (warning,) = loaded.warnings
    assert "no effect here: rule_files, alerting" in str(warning)


def test_a_configuration_from_a_url_has_others_beside_it() -> None:
    files = {
        "http://u:p@h/dir/p.yml": "scrape_config_files: [a.yml, 'http://g/b.yml']\n",
        "http://u:p@h/dir/a.yml": "- {job_name: a, bearer_token_file: t}\n",
        "http://g/b.yml": "- {job_nam: b}\n",
    }

    def read(path: str) -> bytes:
        return files[path].encode()

    options = LoadOptions(environment={}, read_file=read, list_files=lambda pattern: [pattern])
    with pytest.raises(ConfigErrors) as caught:
        load("http://u:p@h/dir/p.yml", options=options)
    assert str(caught.value).startswith("http://g/b.yml:1:4: [0].job_nam: unknown key")
    files["http://g/b.yml"] = "[]"
    (job,) = load("http://u:p@h/dir/p.yml", options=options).jobs
    assert job.http.authorization is not None
    assert job.http.authorization.credentials_file == os.path.abspath("t")
