"""Writing a configuration is the way back: what was loaded is loaded again."""

import pytest

from agent.config.render import render
from agent.config.writer import Writer
from agent.settings import GlobalSettings
from pushqueue.settings import CommonSteps, RemoteSettings
from relabel.rule import RelabelRule
from tests.agent.config.support import DATA, Case, load_files, read_cases

GOOD = [case for path in sorted((DATA / "good").glob("*.cases")) for case in read_cases(path)]


@pytest.mark.parametrize("with_defaults", [False, True])
@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in GOOD])
def test_what_is_written_means_the_same(case: Case, with_defaults: bool) -> None:
    loaded = load_files(case.files)
    writer = Writer(reveal=True, with_defaults=with_defaults)
    text = render(loaded.global_, loaded.jobs, loaded.remotes, loaded.otlp, writer=writer)
    again = load_files({"p.yml": text})
    assert again.global_ == loaded.global_
    assert again.jobs == loaded.jobs
    assert again.remotes == loaded.remotes


def test_secrets_are_masked_and_defaults_left_out() -> None:
    loaded = load_files(
        {
            "p.yml": "remote_write:\n"
            "- url: http://u:p@h:1/w\n"
            "  headers: {X-Key: k}\n"
            "scrape_configs:\n"
            "- job_name: a\n"
            "  scrape_timeout: 1500ms\n"
            "  relabel_configs: [{target_label: b, regex: ''}]\n"
        }
    )
    assert render(loaded.global_, loaded.jobs, loaded.remotes) == (
        "global:\n"
        "  scrape_interval: 1m\n"
        "  scrape_timeout: 10s\n"
        "scrape_configs:\n"
        "- job_name: a\n"
        "  scrape_timeout: 1s500ms\n"
        "  relabel_configs:\n"
        "  - action: replace\n"
        "    target_label: b\n"
        "    regex: ''\n"
        "remote_write:\n"
        "- url: http://h:1/w\n"
        "  basic_auth:\n"
        "    username: u\n"
        "    password: <secret>\n"
        "  http_headers:\n"
        "    X-Key:\n"
        "      secrets:\n"
        "      - <secret>\n"
    )


def test_passwords_in_urls_are_masked() -> None:
    loaded = load_files(
        {
            "p.yml": "scrape_configs:\n- job_name: a\n  proxy_url: http://u:hunter2@h:1/\n"
            "  http_sd_configs: [{url: 'http://u:hunter2@h:2/'}]\n"
            "  file_sd_configs: [{files: ['http://u:hunter2@h:5/t.json']}]\n"
            "  static_configs: [{targets: ['http://u:hunter2@h:4/', 'u:hunter2@h:6']}]\n"
            "remote_write: [{url: 'http://u:hunter2@h:3/w?token=hunter2'}]\n"
        }
    )
    text = render(loaded.global_, loaded.jobs, loaded.remotes)
    assert "proxy_url: http://u:<secret>@h:1/" in text
    assert "url: http://h:2/" in text
    assert "hunter2" not in text


def test_nothing_is_written_of_nothing() -> None:
    loaded = load_files({"p.yml": ""})
    assert "scrape_configs" not in render(loaded.global_, (), ())


def test_rules_for_all_remotes_are_a_comment() -> None:
    rules = (RelabelRule(target_label="zone", replacement="a"),)
    remote = RemoteSettings(url="http://h:1/w", key="a", common=CommonSteps(relabel_configs=rules))
    text = render(GlobalSettings(), (), (remote,))
    assert text.partition("# before")[2] == (
        " the rules of each remote, from -remoteWrite.relabelConfig:\n"
        "# - action: replace\n"
        "#   target_label: zone\n"
        "#   replacement: a\n"
    )
    assert load_files({"p.yml": text}).remotes[0].url == remote.url
