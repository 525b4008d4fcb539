"""Queues of a real vmagent and a real Prometheus, imported: what they had not delivered arrives."""

import json
import struct
import time
import urllib.request
from pathlib import Path

import pytest
import snappy

from agent.import_marks import FOLDER
from cli import main
from pushqueue.wire.message import Sample, WireSeries, write_v1
from tests.agent.convert.test_queues import queue, record
from tests.integration.agent import command
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
    tmp_path: Path, victoria_metrics: VictoriaMetrics, start_agent: StartAgent, job: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    port, old = free_port(), tmp_path / "vmagent"
    argv = [program("vmagent"), "-remoteWrite.url=http://127.0.0.1:9/api/v1/write",
            f"-remoteWrite.tmpDataPath={old}", f"-httpListenAddr=127.0.0.1:{port}"]  # fmt: skip
    vmagent = Process(argv, tmp_path / "vmagent.log")
    vmagent.start()
    try:
        vmagent.wait_port(port)
        for number in range(COUNT):
            push(port, job, number)
        agent = start_agent("", [f"-remoteWrite.url={victoria_metrics.url}"], is_started=False)
        argv = ["queue", "import", "-from=vmagent", str(old), "-yes",
                f"-remoteWrite.url={victoria_metrics.url}",
                f"-remoteWrite.tmpDataPath={agent.data}"]  # fmt: skip
        assert main(argv) == 1  # 1.79 locks nothing, but has its files open
        assert "is in use" in (told := capsys.readouterr().err)
        assert "(vmagent)" in told
    finally:
        vmagent.stop()
    assert main(argv) == 0
    agent.start()
    wait_until(lambda: ids(victoria_metrics, job) == set(range(COUNT)), "all ids at the receiver")


@pytest.mark.long  # the guide's test imports one too, without looking at each sample
def test_the_unsent_tail_of_a_real_prometheus_is_delivered(
    tmp_path: Path, victoria_metrics: VictoriaMetrics, start_agent: StartAgent, pages: Pages,
    job: str, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Its remote is away; what it scraped meanwhile, it would not send after a restart."""
    served: list[int] = []

    def page(visit: int) -> str:
        served.append(visit)
        return f"moved_id {visit}\n"

    pages.put("/metrics", page)
    port, old = free_port(), tmp_path / "agent"
    config = tmp_path / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 200ms, scrape_timeout: 150ms}\n"
        f"scrape_configs: [{{job_name: {job}, static_configs: "
        f"[{{targets: ['{pages.address}']}}]}}]\n"
        "remote_write: [{url: 'http://127.0.0.1:9/api/v1/write'}]\n"
    )
    argv = [program("prometheus"), "--enable-feature=agent", f"--config.file={config}",
            f"--storage.agent.path={old}",
            "--storage.remote.flush-deadline=100ms",
            f"--web.listen-address=127.0.0.1:{port}"]  # fmt: skip
    prometheus = Process(argv, tmp_path / "prometheus.log")
    prometheus.start()
    agent = start_agent("", [f"-remoteWrite.url={victoria_metrics.url}"], is_started=False)
    argv = ["queue", "import", "-from=prometheus", str(old), "-all", "-yes",
            f"-remoteWrite.url={victoria_metrics.url}",
            f"-remoteWrite.tmpDataPath={agent.data}"]  # fmt: skip
    try:
        wait_until(lambda: len(served) > 5, "scrapes", evidence=prometheus.output)
        assert main(argv) == 1  # Prometheus runs, and has its lock
        assert "is in use" in capsys.readouterr().err
    finally:
        prometheus.stop()
    # The last visit may have been cut off by the stop.
    wanted = set(served[:-1])
    assert main(argv) == 0
    agent.start()
    wait_until(lambda: ids(victoria_metrics, job) >= wanted, "all ids at the receiver")
    assert ids(victoria_metrics, job) <= set(served)


@pytest.mark.long  # tests of the command have a cut-off import in short
def test_an_import_that_is_killed_goes_on_and_loses_nothing(
    tmp_path: Path, victoria_metrics: VictoriaMetrics, start_agent: StartAgent, job: str
) -> None:
    count = 600
    now_ms = time.time_ns() // 1_000_000
    records = []
    for number in range(count):
        sample = Sample(struct.pack("<d", number), now_ms - count + number)
        series = WireSeries(labels=(("__name__", "moved_id"), ("job", job)), samples=(sample,))
        records.append(record(bytes(snappy.compress(b"".join(write_v1([series]))))))
    old = queue(tmp_path / "persistent-queue" / "1_AB", b"".join(records))
    agent = start_agent("", [f"-remoteWrite.url={victoria_metrics.url}"], is_started=False)
    argv = [*command(), "queue", "import", "-from=vmagent", str(old), "-yes",
            f"-remoteWrite.url={victoria_metrics.url}",
            f"-remoteWrite.tmpDataPath={agent.data}"]  # fmt: skip
    first = Process(argv, tmp_path / "first.log")
    first.start()
    told = agent.data / FOLDER

    def marks() -> list[Path]:
        return [each for each in told.iterdir() if not each.name.startswith(".")]

    wait_until(marks, "an import under way", evidence=first.output)
    first.kill()
    entry = json.loads(marks()[0].read_text())
    assert 0 < entry["blocks"] < count, "the blow came too late"
    assert main(argv[len(command()) :]) == 0
    agent.start()
    wait_until(
        lambda: ids(victoria_metrics, job) == set(range(count)), "all ids, each once or more"
    )
