"""`promferry config`: what a configuration means."""

import json
from pathlib import Path

import pytest

from cli import main


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "p.yml"


def test_flags_and_file_are_merged_and_secrets_masked(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config.write_text("remote_write: [{url: 'http://u:hunter2@section/w'}]\n")
    argv = [f"-promscrape.config={config}", "-remoteWrite.url=http://flag/w"]
    assert main(["config", *argv, "-remoteWrite.basicAuth.password=hunter2"]) == 0
    told = capsys.readouterr().out
    assert "url: http://flag/w" in told
    assert "url: http://section/w" in told
    assert "hunter2" not in told
    assert "min_free_disk_space" not in told


def test_defaults_are_written_on_request(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("scrape_configs: [{job_name: a}]\n")
    assert main(["config", str(config), "-defaults"]) == 0
    told = capsys.readouterr().out
    assert "metrics_path: /metrics" in told
    assert "scrape_interval: 1m" in told


def test_a_broken_configuration_is_told(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text("scrape_configs: [{job_nam: a}]\n")
    assert main(["config", str(config)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "did you mean 'job_name'?" in captured.err


def test_wrong_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "-nonsense"]) == 2
    assert "unknown flag" in capsys.readouterr().err


def test_schema_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config", "-schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert "scrape_configs" in schema["properties"]
    assert main(["config", "-help"]) == 0
    assert "-defaults" in capsys.readouterr().out
