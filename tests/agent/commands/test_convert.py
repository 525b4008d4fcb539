"""`promferry convert`: files whole or not at all; `check` with another agent's command line."""

import subprocess
from pathlib import Path

import pytest

from cli import main

COLLECTOR = """\
receivers: {prometheus: {config: {scrape_configs: [{job_name: a}]}}}
exporters: {prometheusremotewrite: {endpoint: 'http://127.0.0.1:9/w'}}
service: {pipelines: {metrics: {receivers: [prometheus], exporters: [prometheusremotewrite]}}}
"""


def test_both_files_are_written_and_accepted(tmp_path: Path) -> None:
    (tmp_path / "c.yml").write_text(COLLECTOR)
    new = tmp_path / "new"
    assert main(["convert", str(tmp_path / "c.yml"), f"-to={new}"]) == 0
    assert sorted(path.name for path in new.iterdir()) == ["prometheus.yml", "promferry.sh"]
    assert main(["check", str(new / "prometheus.yml")]) == 0


def test_the_script_gives_its_flags_to_other_commands_too(tmp_path: Path) -> None:
    new = tmp_path / "new"
    argv = ["convert", f"-to={new}", "--", "vmagent", f"-remoteWrite.tmpDataPath={tmp_path}"]
    assert main(argv) == 0
    text = (new / "promferry.sh").read_text().replace("exec promferry", "exec echo")
    for words in ([], ["check", "-lint"]):
        told = subprocess.run(["sh", "-c", text, "sh", *words], capture_output=True, text=True)
        assert told.stdout.split() == [*words, f"-remoteWrite.tmpDataPath={tmp_path}"]


def test_nothing_is_written_over_another_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.yml").write_text(COLLECTOR)
    (tmp_path / "prometheus.yml").write_text("mine")
    argv = ["convert", str(tmp_path / "c.yml"), f"-to={tmp_path}"]
    assert main(argv) == 1
    assert "is there already" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.yml", "prometheus.yml"]
    assert main([*argv, "-force"]) == 0
    assert "remote_write" in (tmp_path / "prometheus.yml").read_text()


def test_a_file_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "/gone/x.yml"]) == 1
    assert "/gone/x.yml: No such file" in capsys.readouterr().err


def test_check_says_what_will_be_different(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "p.yml"
    config.write_text(
        "global: {external_labels: {job: x}}\n"
        "scrape_configs:\n"
        "- job_name: a\n"
        "  static_configs: [{targets: [localhost]}]\n"
        "  relabel_configs: [{action: hashmod, modulus: 2, source_labels: [a], target_label: b}]\n"
    )
    flags = [f"-promscrape.config={config}", "-remoteWrite.url=http://127.0.0.1:9/w",
             f"-remoteWrite.tmpDataPath={tmp_path}"]  # fmt: skip
    assert main(["check", "vmagent", *flags]) == 0
    told = capsys.readouterr().out
    for part in (
        ":4:19: scrape_configs[0].static_configs: targets without a port (localhost)",
        "relabel_configs: hashmod is MD5",
        "external_labels: ",
        "external_labels: added to pushed series too; there to scraped ones only",
        "-httpListenAddr: remote write (/api/v1/write) and OpenTelemetry are taken here; there",
        "(job clash)",
        "honor_timestamps: not given",
        "-promscrape.lenientParse",
        "-remoteWrite.queues",
    ):
        assert part in told
    assert main(["check", *flags]) == 0
    assert "differs" not in capsys.readouterr().out


def test_check_with_a_unit_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    unit = tmp_path / "vmagent.service"
    unit.write_text("[Service]\nExecStart=/usr/bin/vmagent\n")
    assert main(["check", "vmagent", str(unit)]) == 2
    assert "promferry convert FILE -to=new" in capsys.readouterr().err
