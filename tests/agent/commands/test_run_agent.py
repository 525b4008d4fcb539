"""What `promferry [flags]` says before it runs, and with which exit code."""

import tomllib
from pathlib import Path

import pytest

from agent.commands.run_agent import run
from agent.version import VERSION
from series.kernel import kernel

GOOD = """\
scrape_configs:
  - job_name: a
    static_configs:
      - targets: ["127.0.0.1:1"]
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "prometheus.yml"
    path.write_text(GOOD)
    return path


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-version"]) == 0
    assert capsys.readouterr().out == f"promferry {VERSION}, kernel {kernel().name}\n"


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-help"]) == 0
    out, err = capsys.readouterr()
    assert "-remoteWrite.url" in out
    assert err == ""


def test_help_on_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-help=xyzzy"]) == 2
    assert "the groups are general, promscrape, remoteWrite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "code", "lines"),
    [
        pytest.param(
            ["-foo", "-dryRun=x"],
            2,
            ["promferry: -foo: unknown flag", "promferry: -dryRun: must be true or false: 'x'"],
            id="wrong flags",
        ),
        pytest.param(
            ["-promscrape.config=/nowhere/x.yml", "-remoteWrite.url=http://a"],
            1,
            ["promferry: /nowhere/x.yml: cannot be read: No such file or directory"],
            id="no such file",
        ),
        pytest.param(
            ["-promscrape.config=/nowhere/x.yml", "-remoteWrite.url=ftp://a"],
            1,
            ["promferry: -remoteWrite.url: bad URL", "promferry: /nowhere/x.yml: cannot be read"],
            id="mistakes in flags and files together",
        ),
        pytest.param(
            ["-remoteWrite.url=ftp://a"], 2, ["promferry: -remoteWrite.url: bad URL"], id="bad URL"
        ),
        pytest.param([], 2, ["promferry: -remoteWrite.url: nowhere to push"], id="nothing to do"),
        pytest.param(
            ["-loggerTimezone=Mars", "-loggerJSONFields=x"],
            2,
            [
                "promferry: -loggerJSONFields: is written field:name",
                "promferry: -loggerTimezone: is not the name of a time zone",
            ],
            id="wrong logging",
        ),
    ],
)
def test_errors(
    argv: list[str], code: int, lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(argv) == code
    out, err = capsys.readouterr()
    assert out == ""
    told = err.splitlines()
    assert len(told) == len(lines)
    for line, start in zip(told, lines, strict=True):
        assert line.startswith(start)


@pytest.mark.parametrize("flag", ["-dryRun", "-promscrape.config.dryRun"])
def test_dry_run(flag: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([flag, f"-promscrape.config={config}", "-httpListenAddr=127.0.0.1:0"]) == 0
    assert capsys.readouterr().out == f"{config}: good\n"


def test_dry_run_tells_warnings(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(GOOD + "rule_files: []\nalerting: {}\n")
    assert run(["-dryRun", f"-promscrape.config={config}", "--enable-feature=x"]) == 0
    out = capsys.readouterr().out
    assert "warning: command line: -enable-feature=x has no effect" in out
    assert "alerting" in out


def test_dry_run_looks_at_what_files_name(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["-dryRun", f"-promscrape.config={config}", "-remoteWrite.url=http://127.0.0.1:1"]
    assert run([*argv, "-remoteWrite.tlsCAFile=/nowhere/ca.pem"]) == 1
    assert "/nowhere/ca.pem" in capsys.readouterr().out


def test_dry_run_of_a_bad_file(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config.write_text(GOOD.replace("job_name", "jobname"))
    assert run(["-dryRun", f"-promscrape.config={config}"]) == 1
    assert f"{config}:2:5: " in capsys.readouterr().out
