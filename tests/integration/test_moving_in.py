"""Moving in from a real vmagent and a real Prometheus: what they had not delivered arrives."""

import time
import urllib.request
from pathlib import Path

from cli import main
from tests.integration.conftest import StartAgent
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
