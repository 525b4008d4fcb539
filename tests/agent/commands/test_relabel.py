"""`promferry relabel`: which rules, on which labels, and how it is told."""

import io
from pathlib import Path

import pytest

from agent.commands.relabel import run

CONFIG = """\
scrape_configs:
- job_name: node
  static_configs:
  - {targets: ['10.0.0.1:9100', '10.0.0.2:9100'], labels: {rack: a}}
  relabel_configs:
  - {source_labels: [__address__], regex: '(.*):.*', target_label: instance}
  - {action: drop, source_labels: [instance], regex: '.*2'}
  metric_relabel_configs:
  - {action: drop, source_labels: [__name__], regex: 'go_.*'}
  - {action: labeldrop, regex: cpu, if: node_cpu_seconds_total}
- job_name: other
  honor_labels: true
remote_write:
- url: http://127.0.0.1:9/api/v1/write
  name: main
  write_relabel_configs:
  - {source_labels: [job], target_label: team, replacement: 't-$1'}
"""


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "prometheus.yml"
    path.write_text(CONFIG)
    return f"-promscrape.config={path}"


def test_explains_each_rule(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([config, "-job=node", 'node_cpu_seconds_total{cpu="0"}', "go_gc"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        'node_cpu_seconds_total{cpu="0"}',
        "  1  {action: drop, source_labels: [__name__], regex: 'go_.*'}",
        '     on "node_cpu_seconds_total": no match',
        "  2  {if: node_cpu_seconds_total, action: labeldrop, regex: cpu}",
        '     on "cpu": changed: -cpu="0"',
        "  => node_cpu_seconds_total",
        "go_gc",
        "  1  {action: drop, source_labels: [__name__], regex: 'go_.*'}",
        '     on "go_gc": dropped',
        "  => dropped by rule 1",
    ]


def test_a_page_on_stdin_is_counted(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = '# TYPE go_gc gauge\ngo_gc 1\n\nnode_cpu_seconds_total{cpu="0"} 3 1000\nup 1\n'
    monkeypatch.setattr("sys.stdin", io.StringIO(page))
    assert run([config, "-job=node", "-label=job=node", "-summary"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "rule   matched   changed   dropped",
        "   1         1         0         1  "
        "{action: drop, source_labels: [__name__], regex: 'go_.*'}",
        "   2         1         1         0  "
        "{if: node_cpu_seconds_total, action: labeldrop, regex: cpu}",
        "3 series: 1 dropped, 1 changed",
    ]


def test_a_line_that_is_no_series_is_told_and_the_rest_is_done(
    config: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("up{\nup 1\n"))
    assert run([config, "-job=node", "-summary"]) == 1
    out, err = capsys.readouterr()
    assert "series 1: expected a label name or `}` at offset 3 of 'up{'" in err
    assert out.endswith("1 series: 0 dropped, 0 changed\n")


def test_static_targets(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([config, "-job=node", "-target"]) == 0
    out = capsys.readouterr().out
    expected = '  => http://10.0.0.1:9100/metrics {instance="10.0.0.1",job="node",rack="a"}\n'
    assert expected in out
    assert out.endswith('     on "10.0.0.2": dropped\n  => dropped by rule 2\n')


def test_a_given_target_that_is_none(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([config, "-job=node", "-target", '{rack="b"}']) == 0
    assert "=> no target: no address" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "last"),
    [
        pytest.param(
            ["-remote=main", 'up{job="x"}'], '  => up{job="x",team="t-x"}', id="a remote's rules"
        ),
        pytest.param(
            ["-job=node", "-label=job=node", 'up{job="x"}'],
            '  => up{exported_job="x",job="node"}',
            id="a target's label wins over the exposed one",
        ),
        pytest.param(
            ["-job=other", "-label=job=other", 'up{job="x"}'],
            '  => up{job="x"}',
            id="unless the job honours it",
        ),
    ],
)
def test_result(
    arguments: list[str], last: str, config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([config, *arguments]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == last


def test_rules_of_flags_come_before_those_of_the_remote(
    config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("- {target_label: job, replacement: all}\n")
    assert run([config, f"-remoteWrite.relabelConfig={rules}", "-remote=main", "up"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == '  => up{job="all",team="t-all"}'


def test_a_file_of_rules(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("- {action: keep_metrics, regex: [up, down]}\n")
    assert run([f"-rules={rules}", "left"]) == 0
    assert capsys.readouterr().out.endswith('on "left": dropped\n  => dropped by rule 1\n')


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        pytest.param(["up"], 1, "choose one by -job=NAME: node, other", id="several jobs"),
        pytest.param(["-job=nod", "up"], 1, "no job 'nod'; there are: node, other", id="no job"),
        pytest.param(["-remote=x", "up"], 1, "no remote 'x'; there are: main", id="no remote"),
        pytest.param(["-job", "node"], 2, "write it with a value, as -job=NAME", id="no value"),
        pytest.param(["-label=a", "up"], 2, "-label: must be a name and a value", id="a label"),
        pytest.param(
            ["-job=a", "-remote=b"], 2, "-job and -remote exclude each other", id="two choices"
        ),
        pytest.param(["-target", "-remote=b"], 2, "goes with -job only", id="targets of a remote"),
        pytest.param(["-nosuchflag=1"], 2, "nosuchflag", id="an unknown flag"),
    ],
)
def test_complaints(
    arguments: list[str],
    code: int,
    message: str,
    config: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run([config, *arguments]) == code
    assert message in capsys.readouterr().err


def test_no_configuration(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["up"]) == 1
    assert "name a configuration" in capsys.readouterr().err


def test_a_broken_configuration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.yml"
    path.write_text("scrape_configs:\n- job_name: a\n  relabel_configs: [{action: dro}]\n")
    assert run([f"-promscrape.config={path}", "up"]) == 1
    assert "bad.yml:3:30: scrape_configs[0].relabel_configs[0].action: unknown" in (
        capsys.readouterr().err
    )


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-help"]) == 0
    assert "promferry relabel" in capsys.readouterr().out
