"""The agents that go through the faults, and how each is told the same thing.

A row: the program, how its flags are written, which files hold its queue. Defaults are kept, but
for the intervals that all share: a scrape each 100 ms.
"""

import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import attrs

from tests.integration.agent import command
from tests.integration.ask import ask
from tests.integration.process import Process, free_port

_SCRAPES = """\
global: {{scrape_interval: {every}, scrape_timeout: {every}}}
scrape_configs:
- job_name: hardship
  static_configs: [{{targets: ["{target}"]}}]
"""


@attrs.frozen(kw_only=True)
class Kind:
    """`data`: patterns of the files that hold samples; `notes`: of those that say what was sent."""

    program: Callable[[], list[str]]
    is_prometheus: bool
    data: str
    notes: str


KINDS = {
    "vmagent": Kind(
        program=lambda: ["/usr/bin/vmagent"],
        is_prometheus=False,
        data="persistent-queue/*/0*",
        notes="persistent-queue/*/metainfo.json",
    ),
    "prometheus": Kind(
        program=lambda: ["/usr/bin/prometheus"],
        is_prometheus=True,
        data="wal/0*",
        notes="wal/checkpoint*/*",
    ),
    "promferry": Kind(
        program=command, is_prometheus=False, data="queues/*/*.pfq", notes="queues/*/positions"
    ),
}


class Subject:
    """One agent with its own directory; `data` may be a file system of its own."""

    def __init__(
        self,
        name: str,
        directory: Path,
        *,
        target: str,
        url: str,
        flags: Sequence[str] = (),
        env: Mapping[str, str] | None = None,
        every: str = "100ms",
    ) -> None:
        self.name = name
        self.kind = KINDS[name]
        self.data = directory / "data"
        self.data.mkdir(parents=True, exist_ok=True)
        self._config = directory / "prometheus.yml"
        self.port = free_port()
        self._config.write_text(_SCRAPES.format(target=target, every=every))
        self.process = Process(
            [*self.kind.program(), *self._arguments(url), *flags], directory / "agent.log", env=env
        )

    def _arguments(self, url: str) -> list[str]:
        if not self.kind.is_prometheus:
            return [
                f"-promscrape.config={self._config}",
                f"-remoteWrite.url={url}",
                f"-remoteWrite.tmpDataPath={self.data}",
                f"-httpListenAddr=127.0.0.1:{self.port}",
            ]
        with self._config.open("a") as config:
            config.write(f"remote_write:\n- url: {url}\n")
        return [
            "--enable-feature=agent",
            f"--config.file={self._config}",
            f"--storage.agent.path={self.data}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        ]

    def start(self) -> None:
        self.process.start()
        self.process.wait_port(self.port)

    def kill(self) -> None:
        self.process.signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.signal(signal.SIGTERM)
        self.process.wait(timeout_s=90.0)

    def get(self, path: str) -> str:
        """What one of its pages says, whatever the status."""
        return ask(f"http://127.0.0.1:{self.port}{path}").text

    def files(self, pattern: str) -> list[Path]:
        """The newest last, by name; empty ones left out."""
        found = sorted(self.data.glob(pattern))
        return [path for path in found if path.is_file() and path.stat().st_size]
