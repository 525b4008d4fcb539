"""`promferry top` and `tap` in a real terminal, as tmux has it."""

import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.agent import Agent, command
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.process import wait_until

CONFIG = """
global: {{scrape_interval: 1s}}
scrape_configs:
- job_name: node
  static_configs: [{{targets: ['{address}']}}]
remote_write: [{{name: far, url: 'http://127.0.0.1:9/api/v1/write'}}]
"""


class Terminal:
    """One window of 100 x 20 characters."""

    def __init__(self, folder: Path) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux")]

    def start(self, *argv: str) -> None:
        size = ["-x", "100", "-y", "20"]
        self._run("new-session", "-d", *size, f"{shlex.join(argv)}; echo code=$?; sleep 60")

    def keys(self, *names: str) -> None:
        self._run("send-keys", *names)

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def end(self) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True, check=False)

    def _run(self, *argv: str) -> str:
        done = subprocess.run([*self._tmux, *argv], capture_output=True, text=True, check=True)
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    window = Terminal(tmp_path)
    yield window
    window.end()


@pytest.fixture
def agent(start_agent: StartAgent, pages: Pages) -> Agent:
    pages.put("/metrics", "load 1\n")
    return start_agent(CONFIG.format(address=pages.address))


def test_top_is_a_live_table(terminal: Terminal, agent: Agent) -> None:
    terminal.start(*command(), "top", "-interval=0.3", f"-url=http://127.0.0.1:{agent.port}")
    wait_until(
        lambda: "1 of 1 targets up" in terminal.screen() and "retrying" in terminal.screen(),
        "the table",
        evidence=terminal.screen,
    )
    assert all(len(line) <= 100 for line in terminal.screen().splitlines())
    terminal.keys("C-c")
    wait_until(lambda: "code=0" in terminal.screen(), "its end", evidence=terminal.screen)


def test_tap_shows_samples_until_it_is_interrupted(terminal: Terminal, agent: Agent) -> None:
    url = f"-url=http://127.0.0.1:{agent.port}"
    terminal.start(*command(), "tap", "-stage=scraped", url, "load")
    wait_until(
        lambda: " load 1.0 -> http" in terminal.screen(), "a sample", evidence=terminal.screen
    )
    terminal.keys("C-c")
    wait_until(lambda: "code=0" in terminal.screen(), "its end", evidence=terminal.screen)
