"""The installed `promferry`, as an operator knows it: flags, files, pages, signals.

Takes a directory, a configuration and flags; gives a process with its pages. Knows nothing of the
code. `PROMFERRY_COMMAND=/usr/bin/vmagent` runs many of these tests on the peer, to check the tests.
"""

import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.integration.ask import Answer, ask
from tests.integration.process import Process, free_port, wait_until

ROOT = Path(__file__).parents[2]
CONFIG_NAME = "prometheus.yml"
_SAMPLE = re.compile(r"^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)", re.MULTILINE)


def command() -> list[str]:
    """The console script beside this Python; in a bare work tree `cli.py`, but not in CI."""
    if chosen := os.environ.get("PROMFERRY_COMMAND"):
        return shlex.split(chosen)
    installed = Path(sys.executable).with_name("promferry")
    if installed.exists():
        return [str(installed)]
    if os.environ.get("PROMFERRY_CI"):
        pytest.fail(f"{installed} does not exist: the project is not installed")
    return [sys.executable, str(ROOT / "cli.py")]


class Agent:
    """One promferry with its own directory; `start` may be called again after it ended."""

    def __init__(self, directory: Path, config: str, flags: Sequence[str] = ()) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory
        self.port = free_port()
        self.config = directory / CONFIG_NAME
        self.config.write_text(config)
        self.data = directory / "data"
        self.process = self._process(flags)

    def _process(self, flags: Sequence[str]) -> Process:
        argv = [
            *command(),
            f"-promscrape.config={self.config}",
            f"-remoteWrite.tmpDataPath={self.data}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            *flags,
        ]
        return Process(argv, self.directory / "agent.log")

    def start(self, *, flags: Sequence[str] | None = None) -> None:
        """Until its pages answer; with other flags than before, if given."""
        if flags is not None:
            self.process = self._process(flags)
        self.process.start()
        self.process.wait_port(self.port)

    def log(self) -> str:
        return self.process.output()

    def get(self, path: str, *, method: str = "GET") -> Answer:
        return ask(f"http://127.0.0.1:{self.port}{path}", method=method)

    def targets(self) -> dict[str, dict[str, Any]]:
        """The active targets by their URL."""
        active = self.get("/api/v1/targets").json()["data"]["activeTargets"]
        return {target["scrapeUrl"]: target for target in active}

    def metric(self, name: str) -> float:
        """One of its own metrics, summed over labels."""
        found = [
            float(value)
            for at, _, value in _SAMPLE.findall(self.get("/metrics").text)
            if at == name
        ]
        assert found, f"no metric {name}"
        return sum(found)

    def wait_log(self, pattern: str) -> str:
        """The first line that matches."""

        def matching() -> str | None:
            return next(filter(re.compile(pattern).search, self.log().splitlines()), None)

        return wait_until(matching, f"a line like {pattern!r} in the log", evidence=self.log)

    def data_bytes(self) -> int:
        """What lies under its data path."""
        return sum(path.stat().st_size for path in self.data.rglob("*") if path.is_file())
