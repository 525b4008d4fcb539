"""Flags and files together, as settings."""

from pathlib import Path

import pytest

from agent.commands.loading import build_start, check_acknowledgement, load_all, log_settings
from agent.flags.errors import FlagErrors
from agent.flags.parser import parse
from agent.flags.values import Values
from agent.logs import LogSettings
from agent.start import SettingsError

CONFIG = """\
global:
  external_labels: {site: a}
scrape_configs:
  - job_name: a
    static_configs:
      - targets: ["127.0.0.1:1"]
  - job_name: b
    max_scrape_size: 1MiB
    no_stale_markers: false
    static_configs:
      - targets: ["127.0.0.1:2"]
remote_write:
  - url: http://section/w
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "prometheus.yml"
    path.write_text(CONFIG)
    return path


def values_of(path: Path, *argv: str) -> Values:
    return parse([f"-promscrape.config={path}", *argv], {})


def test_everything_in_its_place(path: Path) -> None:
    loaded = load_all(values_of(path, "-remoteWrite.url=http://flag/w", "-httpListenAddr=:1,:2"))
    settings = loaded.settings
    assert [job.job_name for job in settings.jobs] == ["a", "b"]
    assert [remote.url for remote in settings.remotes] == ["http://flag/w", "http://section/w"]
    assert settings.global_.external_labels == {"site": "a"}
    assert settings.listen_addresses == (":1", ":2")
    assert settings.data_path == "promferry-data"
    assert loaded.files == (str(path),)
    assert loaded.warnings == ()


def test_listening_nowhere(path: Path) -> None:
    assert load_all(values_of(path, "-httpListenAddr=")).settings.listen_addresses == ()


def test_jobs_take_from_flags_what_they_leave_open(path: Path) -> None:
    flags = ("-promscrape.maxScrapeSize=2MiB", "-promscrape.noStaleMarkers")
    a, b = load_all(values_of(path, *flags)).settings.jobs
    assert (a.max_scrape_size_bytes, a.no_stale_markers) == (2 * 2**20, True)
    assert (b.max_scrape_size_bytes, b.no_stale_markers) == (2**20, False)


def test_a_job_says_itself_whether_instance_has_a_port(path: Path) -> None:
    path.write_text(CONFIG.replace("max_scrape_size: 1MiB", "instance_default_port: false"))
    a, b = load_all(values_of(path, "-promscrape.instanceDefaultPort")).settings.jobs
    assert (a.instance_default_port, b.instance_default_port) == (True, False)


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("-promscrape.lenientParse", None),
        ("-promscrape.startTimestamps", True),
        ("--enable-feature=created-timestamp-zero-ingestion", True),
        ("--enable-feature=agent,st-storage", True),
        ("--enable-feature=agent", None),
    ],
)
def test_start_timestamps_by_flag(path: Path, flag: str, expected: bool | None) -> None:
    path.write_text(CONFIG.replace("max_scrape_size: 1MiB", "start_timestamps: false"))
    a, b = load_all(values_of(path, flag)).settings.jobs
    assert (a.start_timestamps, b.start_timestamps) == (bool(expected), False)


def test_remotes_of_the_section_take_sizes_and_times_from_single_flags(path: Path) -> None:
    flags = ("-remoteWrite.flushInterval=3s", "-remoteWrite.bearerToken=x")
    loaded = load_all(values_of(path, *flags))
    (remote,) = loaded.settings.remotes
    assert remote.queue.flush_interval_s == 3
    assert remote.send_timeout_s == 30
    assert remote.http.authorization is None
    assert loaded.warnings == (
        "-remoteWrite.bearerToken is for remotes from -remoteWrite.url only, and there is none",
    )


RULES = "- {action: drop, source_labels: [__name__], regex: %s}\n"


def test_rules_and_labels_of_flags(path: Path, tmp_path: Path) -> None:
    for name in ("all", "one"):
        (tmp_path / f"{name}.yml").write_text(RULES % name)
    loaded = load_all(
        values_of(
            path,
            "-remoteWrite.url=http://flag/w",
            f"-remoteWrite.relabelConfig={tmp_path / 'all.yml'}",
            f"-remoteWrite.urlRelabelConfig={tmp_path / 'one.yml'}",
            "-remoteWrite.label=a=b",
        )
    )
    flag, section = loaded.settings.remotes
    assert [rule.regex for rule in flag.common.relabel_configs] == ["all"]
    assert [rule.regex for rule in flag.write_relabel_configs] == ["one"]
    assert [rule.regex for rule in section.common.relabel_configs] == ["all"]
    assert section.write_relabel_configs == ()
    assert flag.extra_labels == section.extra_labels == {"a": "b"}
    assert loaded.files == (str(path), str(tmp_path / "one.yml"), str(tmp_path / "all.yml"))


def test_mistakes_in_all_files_at_once(path: Path, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(RULES % "'('")
    path.write_text(CONFIG + "unknown_key: 1\n")
    flags = ("-remoteWrite.url=ftp://a", f"-remoteWrite.relabelConfig={rules}")
    with pytest.raises(SettingsError) as caught:
        load_all(values_of(path, *flags, "-remoteWrite.label=x"))
    told = sorted(error.partition(":")[0] for error in caught.value.errors)
    assert told == ["-remoteWrite.label", "-remoteWrite.url", str(path), str(rules)]


def test_without_a_file_there_are_only_remotes() -> None:
    settings = load_all(parse(["-remoteWrite.url=http://a"], {})).settings
    assert settings.jobs == ()
    assert len(settings.remotes) == 1


def test_strict_parse_off(path: Path) -> None:
    path.write_text(CONFIG + "unknown_key: 1\n")
    with pytest.raises(SettingsError, match="unknown_key"):
        load_all(values_of(path))
    loaded = load_all(values_of(path, "-promscrape.config.strictParse=false"))
    assert "unknown_key" in loaded.warnings[0]


def test_nothing_is_durable_without_a_disk() -> None:
    flags = ["-remoteWrite.url=http://a/write", "-remoteWrite.disableOnDiskQueue"]
    remotes = load_all(parse(flags, {})).settings.remotes
    check_acknowledgement("accepted", remotes)
    with pytest.raises(SettingsError, match=r"-push.ack=durable: remote a-\w+ keeps its queue in"):
        check_acknowledgement("durable", remotes)


def test_dropping_is_told_to_every_queue(path: Path) -> None:
    loaded = load_all(values_of(path, "-remoteWrite.dropSamplesOnOverload"))
    assert all(remote.queue.drop_on_overload for remote in loaded.settings.remotes)


def test_the_same_url_in_both_is_one_remote(path: Path) -> None:
    loaded = load_all(values_of(path, "-remoteWrite.url=http://section/w"))
    assert len(loaded.settings.remotes) == 1
    assert "it is one remote" in loaded.warnings[0]


def test_two_remotes_of_one_name(path: Path) -> None:
    path.write_text(CONFIG + "    name: x\n")
    with pytest.raises(SettingsError, match="the name 'x' is taken"):
        load_all(values_of(path, "-remoteWrite.url=http://flag/w", "-remoteWrite.name=x"))


def test_reload_reads_again(path: Path) -> None:
    start = build_start(values_of(path))
    assert start.reload().settings == start.settings
    path.write_text(CONFIG.replace("job_name: b", "job_name: c"))
    assert [job.job_name for job in start.reload().settings.jobs] == ["a", "c"]
    path.write_text("scrape_configs: 7\n")
    with pytest.raises(SettingsError) as caught:
        start.reload()
    assert str(path) in caught.value.errors[0]
    assert "7" in caught.value.quoted[0].splitlines()[1]


def test_a_reload_that_leaves_no_remote_is_refused(path: Path) -> None:
    start = build_start(values_of(path))
    path.write_text("scrape_configs: []\n")
    with pytest.raises(SettingsError, match="nowhere to push"):
        start.reload()


def test_log_settings() -> None:
    assert log_settings(parse([], {})) == LogSettings()
    argv = [
        "-loggerLevel=ERROR",
        "-loggerFormat=json",
        "-loggerOutput=stdout",
        "-loggerTimezone=Local",
        "-loggerDisableTimestamps",
        "-loggerJSONFields=ts:t",
        "-loggerMaxArgLen=9",
        "-loggerErrorsPerSecondLimit=3",
        "-loggerWarnsPerSecondLimit=4",
    ]
    assert log_settings(parse(argv, {})) == LogSettings(
        level="ERROR",
        is_json=True,
        to_stdout=True,
        timezone="Local",
        timestamps=False,
        fields=("t", "level", "caller", "msg"),
        max_argument_length=9,
        errors_per_second=3,
        warnings_per_second=4,
    )


def test_all_mistakes_about_logging_at_once() -> None:
    with pytest.raises(FlagErrors) as caught:
        log_settings(parse(["-loggerTimezone=Mars", "-loggerJSONFields=x"], {}))
    assert len(caught.value.errors) == 2
