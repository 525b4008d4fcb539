"""`promferry scrape` and `promferry targets` against a target on loopback."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from agent.commands import scrape, targets

PAGE = b'drop_me 1\nkept{job="own",x="1"} 2.5\nup 3\n'


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        is_page = self.path == "/metrics"
        self.send_response(200 if is_page else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *args: object) -> None:
        return


@pytest.fixture
def address() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.005,))
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def config(tmp_path: Path, address: str) -> str:
    path = tmp_path / "prometheus.yml"
    path.write_text(
        f"""\
global: {{external_labels: {{site: n}}}}
scrape_configs:
- job_name: node
  static_configs: [{{targets: ['{address}', 'gone:1']}}]
  relabel_configs: [{{action: drop, source_labels: [__address__], regex: gone.*}}]
  metric_relabel_configs:
  - {{action: drop, source_labels: [__name__], regex: drop.*}}
  - {{action: labeldrop, regex: x}}
- job_name: broken
  metrics_path: /none
  static_configs: [{{targets: ['{address}'], labels: {{instance: b}}}}]
"""
    )
    return f"-promscrape.config={path}"


def lines_of(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Without times and durations."""
    lines = capsys.readouterr().out.splitlines()
    return [line if line[0] in "#+- " else line.rpartition(" ")[0] for line in lines]


def test_a_job_is_scraped_with_its_settings(
    config: str, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scrape.run(["node", config]) == 0
    headline, *lines = lines_of(capsys)
    assert headline.startswith(
        f"# http://{address}/metrics of job node is up: 3 samples, 2 after relabelling, 41 bytes"
    )
    labels = f'instance="{address}",job="node",site="n"'
    assert lines[:3] == [
        f'kept{{exported_job="own",{labels}}} 2.5',
        f"exported_up{{{labels}}} 3",
        f"up{{{labels}}} 1",
    ]
    assert len(lines) == 7


@pytest.mark.parametrize("word", ["{address}", "http://{address}/metrics"])
def test_a_target_may_be_named_by_address_or_url(config: str, address: str, word: str) -> None:
    assert scrape.run([word.format(address=address), config, "-job=node"]) == 0


def test_a_target_that_is_down(
    config: str, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scrape.run(["b", config]) == 1
    headline, up, *_ = lines_of(capsys)
    assert headline == (
        f"# http://{address}/none of job broken is down: server returned HTTP status 404 Not Found"
    )
    assert up == 'up{instance="b",job="broken",site="n"} 0'


def test_a_url_needs_no_configuration(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert scrape.run([f"http://{address}"]) == 0
    assert f'drop_me{{instance="{address}",job="scrape"}} 1' in lines_of(capsys)


def test_differences(config: str, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    scrape.run(["node", config, "-diff"])
    labels = f'instance="{address}",job="node"'
    assert lines_of(capsys)[1:] == [
        f"- drop_me{{{labels}}}",
        f'- kept{{exported_job="own",{labels},x="1"}}',
        f'+ kept{{exported_job="own",{labels}}}',
        f"- up{{{labels}}}",
        f"+ exported_up{{{labels}}}",
    ]


def test_explanations(config: str, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    scrape.run(["node", config, "-explain"])
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:5] == [
        f'drop_me{{instance="{address}",job="node"}}',
        "  1  {action: drop, source_labels: [__name__], regex: 'drop.*'}",
        '     on "drop_me": dropped',
        "  => dropped by rule 1",
    ]


@pytest.mark.parametrize(
    ("argv", "code", "message"),
    [
        pytest.param([], 2, "URL|JOB|TARGET", id="nothing to scrape"),
        pytest.param(["gone:1"], 1, "gone:1: dropped by relabel_configs, rule 1: {", id="dropped"),
        pytest.param(["x"], 1, "no job, target or URL 'x'", id="unknown"),
        pytest.param(["x", "-job=y"], 1, "no job 'y'; there are: node, broken", id="no job"),
        pytest.param(["x", "-job"], 2, "-job", id="a job without a name"),
        pytest.param(["x", "-nonsense"], 2, "nonsense", id="an unknown flag"),
    ],
)
def test_mistakes(
    config: str, argv: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert scrape.run([*argv, config]) == code
    assert message in capsys.readouterr().err


def test_targets_as_text(config: str, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert targets.run([config]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "node: 1 target, 1 dropped",
        f"  http://{address}/metrics every 1m",
        f'    {{instance="{address}",job="node"}}',
        '  dropped {__address__="gone:1"}',
        "    dropped by relabel_configs, rule 1: "
        "{action: drop, source_labels: [__address__], regex: 'gone.*'}",
        "broken: 1 target, 0 dropped",
        f"  http://{address}/none every 1m",
        '    {instance="b",job="broken"}',
    ]


def test_targets_as_json(config: str, address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert targets.run([config, "-format=json", "-job=node"]) == 0
    target, dropped = json.loads(capsys.readouterr().out)
    assert target["url"] == f"http://{address}/metrics"
    assert target["labels"] == {"instance": address, "job": "node"}
    assert target["discoveredLabels"]["__scrape_interval__"] == "1m"
    assert dropped["discoveredLabels"]["__address__"] == "gone:1"
    assert dropped["error"].startswith("dropped by relabel_configs, rule 1: ")


def test_a_discovery_that_fails_is_told(
    tmp_path: Path, address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "c.yml"
    url = f"http://{address}/targets"
    path.write_text(f"scrape_configs: [{{job_name: j, http_sd_configs: [{{url: '{url}'}}]}}]\n")
    assert targets.run([f"-promscrape.config={path}"]) == 1
    captured = capsys.readouterr()
    assert captured.out == "j: 0 targets, 0 dropped\n"
    assert f"j: {url}: server returned HTTP status 404" in captured.err


@pytest.mark.parametrize("command", [scrape.run, targets.run], ids=["scrape", "targets"])
def test_help(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(command)
    assert command(["-help"]) == 0
    assert capsys.readouterr().out.startswith("promferry ")
