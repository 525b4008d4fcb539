"""Moving in from a real vmagent and a real Prometheus: backlog and series are what they were."""

import time
import urllib.request
from pathlib import Path

import pytest

from cli import main
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.peers import VictoriaMetrics, program
from tests.integration.process import Process, free_port, wait_until

COUNT = 30


def ids(receiver: VictoriaMetrics, job: str) -> set[int]:
    found = receiver.samples(f'moved_id{{job="{job}"}}')
    return {int(value) for series in found for value in series.values()}


def push(port: int, job: str, number: int) -> None:
    url = f"http://127.0.0.1:{port}/api/v1/import/prometheus"
    line = f'moved_id{{job="{job}"}} {number} {time.time_ns() // 1_000_000}'
    urllib.request.urlopen(url, data=f"{line}\n".encode()).close()


def test_a_real_vmagents_backlog_is_delivered(
    tmp_path: Path, victoria_metrics: VictoriaMetrics, start_agent: StartAgent, job: str
) -> None:
    port, old = free_port(), tmp_path / "vmagent"
    argv = [program("vmagent"), "-remoteWrite.url=http://127.0.0.1:9/api/v1/write",
            f"-remoteWrite.tmpDataPath={old}", f"-httpListenAddr=127.0.0.1:{port}"]  # fmt: skip
    vmagent = Process(argv, tmp_path / "vmagent.log")
    vmagent.start()
    try:
        vmagent.wait_port(port)
        for number in range(COUNT):
            push(port, job, number)
    finally:
        vmagent.stop()
    agent = start_agent("", [f"-remoteWrite.url={victoria_metrics.url}"])
    agent.process.stop()
    flags = [f"-remoteWrite.url={victoria_metrics.url}", f"-remoteWrite.tmpDataPath={agent.data}"]
    assert main(["queue", "import", "-from=vmagent", str(old), *flags, "-yes"]) == 0
    agent.start()
    wait_until(lambda: ids(victoria_metrics, job) == set(range(COUNT)), "all ids at the receiver")


PAGE = """# TYPE moved_total counter
moved_total{path="/a",job="own"} 3
moved_seconds_bucket{le="1"} 1
moved_seconds_bucket{le="+Inf"} 2
moved_secret{token="x"} 1
"""
CONFIG = """
global: {{scrape_interval: 1s, scrape_timeout: 900ms, external_labels: {{side: {side}}}}}
scrape_configs:
- job_name: {job}
  static_configs: [{{targets: ["{address}"], labels: {{env: prod}}}}]
  metric_relabel_configs:
  - {{source_labels: [__name__], regex: moved_secret, action: drop}}
  - {{source_labels: [path], regex: "/(.*)", target_label: short}}
"""


def series_of(receiver: VictoriaMetrics, job: str, side: str) -> set[tuple[tuple[str, str], ...]]:
    """Of one side, without the label that tells the sides apart and what agents say of scrapes."""
    found = receiver.samples(f'{{job="{job}",side="{side}"}}')
    return {
        tuple(sorted((name, value) for name, value in series.labels.items() if name != "side"))
        for series in found
        if not series.labels["__name__"].startswith("scrape_")
    }


@pytest.mark.parametrize("old", ["vmagent", "prometheus"])
def test_the_same_series_before_and_after(
    old: str, tmp_path: Path, victoria_metrics: VictoriaMetrics, pages: Pages,
    start_agent: StartAgent, job: str,
) -> None:  # fmt: skip
    pages.put("/metrics", PAGE)
    texts = {
        side: CONFIG.format(side=side, job=job, address=pages.address) for side in ("old", "new")
    }
    config, port = tmp_path / "old.yml", free_port()
    remote = f"remote_write: [{{url: '{victoria_metrics.url}'}}]\n" if old == "prometheus" else ""
    config.write_text(texts["old"] + remote)
    process = Process(_argv(old, config, port, victoria_metrics), tmp_path / "old.log")
    process.start()
    start_agent(texts["new"], [f"-remoteWrite.url={victoria_metrics.url}"])
    try:
        wait_until(lambda: len(series_of(victoria_metrics, job, "old")) == 4, "what it was")
        wait_until(lambda: len(series_of(victoria_metrics, job, "new")) == 4, "what it is")
    finally:
        process.kill()
    was, now = (series_of(victoria_metrics, job, side) for side in ("old", "new"))
    assert was == now


def _argv(old: str, config: Path, port: int, receiver: VictoriaMetrics) -> list[str]:
    data = config.parent / "old-data"
    if old == "vmagent":
        return [
            program(old),
            f"-promscrape.config={config}",
            f"-remoteWrite.tmpDataPath={data}",
            f"-remoteWrite.url={receiver.url}",
            f"-httpListenAddr=127.0.0.1:{port}",
        ]
    return [program(old), "--enable-feature=agent", f"--config.file={config}",
            f"--storage.agent.path={data}", f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
