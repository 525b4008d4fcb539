"""`promferry test`: what passes, what fails and how the difference is shown."""

from pathlib import Path

import pytest

from agent.commands.test_rules import run

CONFIG = """\
scrape_configs:
- job_name: node
  relabel_configs:
  - {source_labels: [__address__], regex: '(.*):.*', target_label: instance}
  - {action: drop, source_labels: [rack], regex: b}
  - {target_label: __metrics_path__, replacement: /m}
  metric_relabel_configs:
  - {action: drop, source_labels: [__name__], regex: 'go_.*'}
remote_write:
- url: http://127.0.0.1:9/api/v1/write
  name: main
  write_relabel_configs: [{target_label: site, replacement: x}]
"""

PASSING = """\
config: prometheus.yml
tests:
- says: metrics of the Go runtime are not wanted
  job: node
  series:
    'go_gc{a="b"}': dropped
    'up': up
- says: what becomes of targets
  job: node
  target: true
  series:
    '{__address__="10.0.0.1:9100"}': '{instance="10.0.0.1",job="node"}'
    '{__address__="h:1"}': '{__metrics_path__="/m",instance="h",job="node"}'
    '{__address__="h:1",rack="b"}': dropped
    '{rack="a"}': dropped
- remote: main
  series: {up: 'up{site="x"}'}
- rules: [{action: labelmap, regex: 'a(.)'}]
  series: {'{a1="x",b=""}': '{1="x",a1="x",c=""}'}
"""


def write(directory: Path, tests: str) -> str:
    (directory / "prometheus.yml").write_text(CONFIG)
    path = directory / "tests.yml"
    path.write_text(tests)
    return str(path)


def test_passing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, PASSING)
    assert run([path]) == 0
    assert capsys.readouterr().out == f"{path}: 8 passed\n"


def test_failing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(
        tmp_path,
        """\
- says: a team for every job
  rules:
  - {source_labels: [job], regex: 'n(.*)', target_label: team}
  series:
    'up{job="node"}': 'up{job="node",team="node"}'
    'up{job="x"}': dropped
""",
    )
    assert run([path]) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"FAILED {path}:5: a team for every job",
        '  series    up{job="node"}',
        '  expected  up{job="node",team="node"}',
        '  found     up{job="node",team="ode"}',
        '    - {team="node"}',
        '    + {team="ode"}',
        "  because",
        '    up{job="node"}',
        "      1  {source_labels: [job], regex: 'n(.*)', target_label: team}",
        '         on "node": changed: +team="ode"',
        '      => up{job="node",team="ode"}',
        f"FAILED {path}:6: a team for every job",
        '  series    up{job="x"}',
        "  expected  dropped",
        '  found     up{job="x"}',
        "  because",
        '    up{job="x"}',
        "      1  {source_labels: [job], regex: 'n(.*)', target_label: team}",
        '         on "x": no match',
        '      => up{job="x"}',
        f"{path}: 0 passed, 2 failed",
    ]


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        pytest.param("a", "must be a mapping", id="a text"),
        pytest.param("tests: [{job: node}]", ":1:9: tests[0]: series is missing", id="no series"),
        pytest.param(
            "- series: {up: up}", "[0]: give exactly one of rules, job and remote", id="no rules"
        ),
        pytest.param(
            "- {rules: [], job: a, series: {up: up}}",
            "give exactly one of",
            id="two kinds of rules",
        ),
        pytest.param(
            "- {rules: [], target: true, series: {}}", "target goes with job", id="targets of rules"
        ),
        pytest.param(
            "- {job: a, series: {up: up}}", "name a configuration", id="a job without configuration"
        ),
        pytest.param(
            "config: prometheus.yml\ntests: [{job: a, series: {}}]",
            "no job 'a'; there are: node",
            id="a job that is not there",
        ),
        pytest.param(
            "- {rules: [{action: dro}], series: {}}",
            '[0].rules[0].action: unknown relabel action "dro"; did you mean "drop"?',
            id="a bad rule",
        ),
        pytest.param(
            "- {rules: [], series: {'up{': up}}", "expected a label name or `}`", id="a bad series"
        ),
        pytest.param(
            "- {rules: [], series: {up: }}", "(a series, or `dropped`", id="nothing expected"
        ),
        pytest.param("- {rules: [], serie: {}}", "did you mean 'series'?", id="a key misspelt"),
        pytest.param(
            "config: nix.yml\ntests: []", "nix.yml: cannot be read", id="no configuration"
        ),
    ],
)
def test_files_that_cannot_be_used(
    tests: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([write(tmp_path, tests)]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param([], "name at least one file", id="no file"),
        pytest.param(["-x", "a"], "unknown flag -x", id="a flag"),
    ],
)
def test_usage(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(argv) == 2
    assert message in capsys.readouterr().err


def test_an_empty_file_has_no_tests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "")
    assert run([path]) == 0
    assert capsys.readouterr().out == f"{path}: no tests\n"


def test_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-help"]) == 0
    assert "promferry test FILE" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["prometheus_rules", "vmagent_rules", "own_rules"])
def test_the_tables_of_this_project_are_such_files(name: str) -> None:
    data = Path(__file__).parents[2] / "relabel" / "data"
    assert run([str(data / f"{name}.yaml")]) == 0
