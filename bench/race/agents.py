"""The agents that race, and how each is told the same thing.

A row: the program and how its arguments are written. `PROMFERRY_PEER_<NAME>=/path/to/program`
replaces a row's program, or adds a row: a name that begins with a known one takes its arguments
(PROMFERRY_PEER_VMAGENT_NEW=/tmp/vmagent gives `vmagent_new`).
"""

import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import attrs

from race.shapes import Shape


@attrs.frozen(kw_only=True)
class Course:
    """What every agent is given: where to scrape, where to push, where to keep its data."""

    directory: Path
    addresses: list[str]
    shape: Shape
    push_port: int
    listen_port: int

    @property
    def config(self) -> Path:
        return self.directory / "prometheus.yml"

    @property
    def push_url(self) -> str:
        return f"http://127.0.0.1:{self.push_port}/api/v1/write"

    def scrape_section(self) -> str:
        targets = "\n".join(f"          - {address}" for address in self.addresses)
        return f"""\
global:
  scrape_interval: {self.shape.interval_s}s
  scrape_timeout: {self.shape.interval_s}s
  external_labels:
    region: race
scrape_configs:
  - job_name: node
    static_configs:
      - targets:
{targets}
{self.shape.rules}"""


@attrs.frozen
class Contender:
    """`arguments` writes the configuration into the course's directory and gives the flags."""

    program: str | None
    arguments: Callable[[Course], list[str]]


def vmagent_arguments(course: Course) -> list[str]:
    """vmagent's command line, which is also promferry's."""
    course.config.write_text(course.scrape_section())
    return [
        f"-promscrape.config={course.config}",
        f"-remoteWrite.url={course.push_url}",
        f"-remoteWrite.tmpDataPath={course.directory / 'data'}",
        f"-httpListenAddr=127.0.0.1:{course.listen_port}",
        "-loggerLevel=ERROR",
    ]


def v2_arguments(course: Course) -> list[str]:
    """promferry by remote write 2.0, everything else the same."""
    message = "-remoteWrite.protobufMessage=io.prometheus.write.v2.Request"
    return [*vmagent_arguments(course), message]


def prometheus_arguments(course: Course) -> list[str]:
    section = f"remote_write:\n  - url: {course.push_url}\n"
    course.config.write_text(course.scrape_section() + section)
    return [
        "--enable-feature=agent",
        f"--config.file={course.config}",
        f"--storage.agent.path={course.directory / 'data'}",
        f"--web.listen-address=127.0.0.1:{course.listen_port}",
        "--log.level=error",
    ]


def contenders(environment: Mapping[str, str] = os.environ) -> dict[str, Contender]:
    """Every agent that can be named; a missing program is told when it is asked for."""
    known = {
        "promferry": Contender(_beside_python("promferry"), vmagent_arguments),
        "promferry-2.0": Contender(_beside_python("promferry"), v2_arguments),
        "vmagent": Contender(shutil.which("vmagent"), vmagent_arguments),
        "prometheus": Contender(shutil.which("prometheus"), prometheus_arguments),
    }
    prefix = "PROMFERRY_PEER_"
    for variable, program in sorted(environment.items()):
        if variable.startswith(prefix):
            name = variable.removeprefix(prefix).lower()
            family = next(
                (row for known_name, row in known.items() if name.startswith(known_name)), None
            )
            arguments = family.arguments if family else vmagent_arguments
            known[name] = Contender(program, arguments)
    return known


def _beside_python(name: str) -> str | None:
    installed = Path(sys.executable).with_name(name)
    return str(installed) if installed.exists() else None
