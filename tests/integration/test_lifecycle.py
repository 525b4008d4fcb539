"""Starting, stopping, reloading: what init systems and operators do to the process."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.integration.agent import ROOT, Agent, command
from tests.integration.conftest import StartAgent
from tests.integration.gate import Gate
from tests.integration.pages import Page, Pages
from tests.integration.process import wait_until

CONFIG = """
scrape_configs:
  - job_name: {job}
    scrape_interval: 200ms
    scrape_timeout: 200ms
    metrics_path: {path}
    static_configs:
      - targets: ["{address}"]
"""
NO_REMOTE = "-remoteWrite.url=http://127.0.0.1:9/api/v1/write"


@pytest.fixture
def agent(pages: Pages, start_agent: StartAgent, job: str) -> Agent:
    """It scrapes /first, and pushes to a port where nobody is."""
    pages.put("/first", "first 1\n")
    pages.put("/second", "second 1\n")
    config = CONFIG.format(job=job, path="/first", address=pages.address)
    return start_agent(config, [NO_REMOTE])


def test_the_pages_of_a_running_agent(agent: Agent, pages: Pages) -> None:
    wait_until(lambda: agent.get("/-/ready").status == 200, "readiness", evidence=agent.log)
    for path in ("/-/healthy", "/health", "/targets", "/api/v1/targets", "/metrics"):
        assert agent.get(path).status == 200, path
    assert agent.get("/nowhere").status == 404
    url = f"http://{pages.address}/first"
    wait_until(lambda: agent.targets()[url]["health"] == "up", "a scrape", evidence=agent.log)
    assert pages.address in agent.get("/targets").text


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(agent: Agent, pages: Pages, number: signal.Signals) -> None:
    """Also with samples that cannot be delivered."""
    wait_until(lambda: len(pages.visits("/first")) >= 2, "scrapes", evidence=agent.log)
    agent.process.signal(number)
    assert agent.process.wait(timeout_s=5.0) == 0
    assert "Traceback" not in agent.log()


def test_a_signal_in_the_middle_of_everything(
    gate: Gate, pages: Pages, start_agent: StartAgent, job: str
) -> None:
    """A scrape that gets no answer, a push that gets none."""
    pages.put("/first", Page(text="first 1\n", delay_s=8))
    gate.stall()
    config = CONFIG.format(job=job, path="/first", address=pages.address)
    agent = start_agent(
        config.replace("200ms", "3s"), [f"-remoteWrite.url=http://127.0.0.1:{gate.port}/write"]
    )
    wait_until(lambda: pages.visits("/first"), "a scrape", timeout_s=20, evidence=agent.log)
    assert agent.process.stop(timeout_s=5.0) == 0
    assert "Traceback" not in agent.log()


def by_signal(agent: Agent) -> None:
    agent.process.signal(signal.SIGHUP)


def by_request(agent: Agent) -> None:
    answer = agent.get("/-/reload", method="POST")
    assert answer.status == 200, answer


@pytest.mark.parametrize("reload", [by_signal, by_request])
def test_a_reload_changes_what_is_scraped(
    agent: Agent, pages: Pages, reload: Callable[[Agent], None]
) -> None:
    wait_until(lambda: pages.visits("/first"), "a scrape", evidence=agent.log)
    agent.config.write_text(agent.config.read_text().replace("/first", "/second"))
    reload(agent)
    wait_until(lambda: pages.visits("/second"), "a scrape of the new path", evidence=agent.log)
    assert list(agent.targets()) == [f"http://{pages.address}/second"]
    before = len(pages.visits("/first"))
    second = len(pages.visits("/second"))
    wait_until(
        lambda: len(pages.visits("/second")) > second + 2, "more of the new", evidence=agent.log
    )
    assert len(pages.visits("/first")) <= before + 1


def test_a_changed_file_is_noticed_when_asked_for(
    pages: Pages, start_agent: StartAgent, job: str
) -> None:
    for path in ("/first", "/second"):
        pages.put(path, "sample 1\n")
    config = CONFIG.format(job=job, path="/first", address=pages.address)
    agent = start_agent(config, [NO_REMOTE, "-promscrape.configCheckInterval=300ms"])
    wait_until(lambda: pages.visits("/first"), "a scrape", evidence=agent.log)
    agent.config.write_text(agent.config.read_text().replace("/first", "/second"))
    wait_until(lambda: pages.visits("/second"), "a scrape of the new path", evidence=agent.log)


def test_a_bad_reload_changes_nothing(agent: Agent, pages: Pages) -> None:
    wait_until(lambda: pages.visits("/first"), "a scrape", evidence=agent.log)
    agent.config.write_text(agent.config.read_text().replace("metrics_path", "metric_path"))
    answer = agent.get("/-/reload", method="POST")
    assert answer.status >= 400
    assert "metric_path" in answer.text
    agent.wait_log("(?i)metric_path")
    before = len(pages.visits("/first"))
    wait_until(lambda: len(pages.visits("/first")) > before + 2, "scrapes", evidence=agent.log)
    assert agent.process.is_running


def test_a_kept_target_keeps_its_rhythm_over_a_reload(agent: Agent, pages: Pages) -> None:
    wait_until(lambda: len(pages.visits("/first")) >= 3, "scrapes", evidence=agent.log)
    other = CONFIG.partition("scrape_configs:\n")[2]
    agent.config.write_text(
        agent.config.read_text() + other.format(job="other", path="/second", address=pages.address)
    )
    by_request(agent)
    wait_until(lambda: len(pages.visits("/second")) >= 3, "the new job", evidence=agent.log)
    visits = [visit.at_s for visit in pages.visits("/first")]
    phases = [(at - visits[0]) % 0.2 for at in visits]
    # Within 60 ms of the grid, on either side.
    assert all(min(phase, 0.2 - phase) < 0.06 for phase in phases), phases


def test_two_agents_never_share_a_queue(agent: Agent, start_agent: StartAgent) -> None:
    other = start_agent(agent.config.read_text(), is_started=False)
    other.data = agent.data
    other.process = other._process([NO_REMOTE])
    other.process.start()
    assert other.process.wait() == 1
    assert "Traceback" not in other.log()
    assert str(agent.data) in other.log()


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        pytest.param(["-version"], "promferry ", id="version"),
        pytest.param(["--help"], "remoteWrite.url", id="help"),
        pytest.param(["help"], "receive", id="help on commands"),
    ],
)
def test_both_ways_to_call_it_are_one(flags: list[str], expected: str) -> None:
    by_name = subprocess.run([*command(), *flags], capture_output=True, text=True, check=True)
    by_file = subprocess.run(
        [sys.executable, ROOT / "cli.py", *flags], capture_output=True, text=True, check=True
    )
    assert expected in by_name.stdout
    assert by_name.stdout == by_file.stdout


def test_a_dry_run_checks_and_ends(agent: Agent) -> None:
    started = time.monotonic()
    argv = [*command(), f"-promscrape.config={agent.config}", NO_REMOTE, "-dryRun"]
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 0
    agent.config.write_text("scrape_config: []\n")
    assert subprocess.run(argv, capture_output=True, check=False).returncode == 1
    assert time.monotonic() - started < 20
