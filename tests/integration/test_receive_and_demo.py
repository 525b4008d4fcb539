"""`promferry receive` and `promferry demo`: trying the product out without anything else."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.agent import command
from tests.integration.ask import ask, get
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.process import Process, free_port, wait_until

CONFIG = """
scrape_configs:
  - job_name: {job}
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs:
      - targets: ["{address}"]
"""


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[tuple[Process, str]]:
    """The process, and its address."""
    address = f"127.0.0.1:{(port := free_port())}"
    process = Process([*command(), "receive", f"-listen={address}"], tmp_path / "receive.log")
    process.start()
    process.wait_port(port)
    yield process, address
    process.kill()


def test_what_an_agent_sends_is_shown(
    receiver: tuple[Process, str], pages: Pages, start_agent: StartAgent, job: str
) -> None:
    process, address = receiver
    pages.put("/metrics", 'fish_caught_total{boat="Ænne"} 17\n')
    agent = start_agent(
        CONFIG.format(job=job, address=pages.address),
        [f"-remoteWrite.url=http://{address}/api/v1/write"],
    )

    def page_with_fish() -> str | None:
        text = get(f"http://{address}/")
        return text if "fish_caught_total" in text else None

    page = wait_until(page_with_fish, "the series on the page", evidence=agent.log)
    assert "Ænne" in page
    assert "17" in page
    assert "fish_caught_total" not in get(f"http://{address}/?q=no_such_series")
    assert "fish_caught_total" in get(f"http://{address}/?q=fish")
    # A line a second: how much arrived from whom.
    wait_until(
        lambda: re.search(r"\b\d+ samples .* from promferry", process.output()),
        "a line about what arrived",
        evidence=process.output,
    )
    process.signal(signal.SIGINT)
    assert process.wait(timeout_s=2.0) == 0
    assert "Traceback" not in process.output()


def test_what_is_no_remote_write_is_refused(receiver: tuple[Process, str]) -> None:
    process, address = receiver
    answer = ask(f"http://{address}/api/v1/write", method="POST", body=b"hello")
    assert 400 <= answer.status < 500
    assert process.is_running


def children(pid: int) -> list[int]:
    """The processes that `pid` started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def test_the_demo_shows_both_and_ends_cleanly(tmp_path: Path) -> None:
    process = Process([*command(), "demo"], tmp_path / "demo.log", env={"TMPDIR": str(tmp_path)})
    process.start()
    try:
        urls = wait_until(
            lambda: dict(re.findall(r"^(agent|receiver): +(http://\S+)$", process.output(), re.M)),
            "two URLs",
            evidence=process.output,
        )
        assert set(urls) == {"agent", "receiver"}
        wait_until(
            lambda: len(re.findall(r"\b\d+ samples", process.output())) >= 3,
            "three seconds of lines",
            evidence=process.output,
        )
        assert get(urls["agent"])
        page = get(f"{urls['receiver']}?q=up")
        assert "promferry" in page
        assert "receiver" in page
        started = children(process.pid)
        assert len(started) == 2

        process.signal(signal.SIGINT)
        assert process.wait(timeout_s=2.0) == 0, process.output()
        assert [pid for pid in started if _is_running(pid)] == []
        assert "Traceback" not in process.output()
        assert [path.name for path in tmp_path.iterdir()] == ["demo.log"], "left behind"
    finally:
        process.kill()


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
