"""Pages of any size in the installed agent: an error with line and reason, the next page is read,
and no more memory than docs/scraping.md says. Short forms run in CI, the whole sizes on demand.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import pytest

from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.process import wait_until
from tests.integration.quiet_server import QuietHandler, QuietServer

Page = Callable[[], Iterator[bytes]]

MIB = 2**20
CHUNK = 64 * 1024
# What an agent takes and gives back at any time: buffers, arenas, code that is loaded late.
SLACK = 48 * MIB
# Limits that are switched off.
NONE = {"max_scrape_size": "64GiB"}

CONFIG = """
scrape_configs:
  - job_name: huge
    scrape_interval: {interval_s}s
    scrape_timeout: {interval_s}s
    {limits}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def line_of(size: int) -> Iterator[bytes]:
    """A page with one line of that size."""
    yield b"a 1\nb"
    for _ in range(size // CHUNK):
        yield b"x" * CHUNK
    yield b" 2\n"


def series_of(count: int) -> Iterator[bytes]:
    """A page with so many series, 20 to 30 bytes each."""
    for start in range(0, count, 2000):
        numbers = range(start, min(start + 2000, count))
        yield b"".join([b'some_total{n="%d"} 1\n' % number for number in numbers])


@attrs.frozen
class Huge:
    """All answers are huge until `is_over`; whatever is pushed is taken."""

    server: QuietServer
    is_over: threading.Event

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])


@pytest.fixture
def serve(request: pytest.FixtureRequest) -> Any:
    def start(page: Page) -> Huge:
        is_over = threading.Event()

        class Handler(QuietHandler):
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.end_headers()
                with suppress(ConnectionError):
                    for chunk in (b"good 1\n",) if is_over.is_set() else page():
                        self.wfile.write(chunk)

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(204)
                self.end_headers()

        server = QuietServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        request.addfinalizer(server.server_close)
        request.addfinalizer(server.shutdown)
        return Huge(server, is_over)

    return start


def most_resident(agent: Agent) -> int:
    """The most that the process ever had, in bytes."""
    status = Path(f"/proc/{agent.process.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def target_of(agent: Agent) -> dict[str, Any]:
    (target,) = agent.targets().values()
    return target


SHORT_S, MIDDLE_S, LONG_S = 1, 10, 30


@pytest.mark.parametrize(
    ("page", "interval_s", "limits", "reason", "most_bytes"),
    [
        pytest.param(
            partial(line_of, 64 * MIB),
            SHORT_S,
            {},
            "more than the limit of 16777216",
            2 * 16 * MIB,
            id="a long line",
        ),
        pytest.param(
            partial(series_of, 1_000_000),
            SHORT_S,
            {"body_size_limit": "1MB"},
            "more than the limit of 1048575",
            2 * MIB,
            id="a million series",
        ),
        pytest.param(
            partial(line_of, 64 * MIB),
            SHORT_S,
            NONE,
            "line 2: a sample is longer than 1 MiB: 'bxxx",
            2 * 64 * MIB,
            id="a long line without limits",
        ),
        pytest.param(
            partial(series_of, 200_000),
            SHORT_S,
            {**NONE, "sample_limit": "1000"},
            "sample_limit 1000 exceeded: more than 12001",
            3 * 5 * MIB,
            id="more series than may be",
        ),
        pytest.param(
            partial(line_of, 1024 * MIB),
            LONG_S,
            {},
            "more than the limit of 16777216",
            2 * 16 * MIB,
            id="a line of 1 GB",
            marks=pytest.mark.long,
        ),
        pytest.param(
            partial(series_of, 10_000_000),
            LONG_S,
            {},
            "more than the limit of 16777216",
            2 * 16 * MIB,
            id="ten million series",
            marks=pytest.mark.long,
        ),
        pytest.param(
            partial(line_of, 1024 * MIB),
            LONG_S,
            NONE,
            "line 2: a sample is longer than 1 MiB: 'bxxx",
            2 * 1024 * MIB,
            id="a line of 1 GB without limits",
            marks=pytest.mark.long,
        ),
        pytest.param(
            partial(series_of, 10_000_000),
            LONG_S,
            {**NONE, "sample_limit": "1000"},
            "sample_limit 1000 exceeded: more than 12001",
            3 * 270 * MIB,
            id="ten million series where a thousand may be",
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_huge_page(
    page: Page,
    interval_s: int,
    limits: dict[str, str],
    reason: str,
    most_bytes: int,
    serve: Any,
    start_agent: StartAgent,
) -> None:
    huge = serve(page)
    agent = _scraping(huge, interval_s, limits, start_agent)
    before = most_resident(agent)
    _wait(agent, "down", interval_s)
    assert reason in target_of(agent)["lastError"]
    huge.is_over.set()
    _wait(agent, "up", interval_s)
    assert most_resident(agent) - before < most_bytes + SLACK


@pytest.mark.parametrize(
    ("count", "interval_s"),
    [
        pytest.param(200_000, MIDDLE_S, id="two hundred thousand series"),
        pytest.param(10_000_000, 600, id="ten million series", marks=pytest.mark.long),
    ],
)
def test_series_without_limits(
    count: int, interval_s: int, serve: Any, start_agent: StartAgent
) -> None:
    """All of them are taken, for 500 bytes each at most: ten million took 350."""
    agent = _scraping(serve(partial(series_of, count)), interval_s, NONE, start_agent)
    before = most_resident(agent)
    _wait(agent, "up", interval_s)
    assert target_of(agent)["lastSamplesScraped"] == count
    assert most_resident(agent) - before < 500 * count + SLACK


def _scraping(
    huge: Huge, interval_s: int, limits: dict[str, str], start_agent: StartAgent
) -> Agent:
    lines = "\n    ".join([f"{name}: {value}" for name, value in limits.items()])
    config = CONFIG.format(port=huge.port, interval_s=interval_s, limits=lines)
    return start_agent(config, [f"-remoteWrite.url=http://127.0.0.1:{huge.port}/write"])


def _wait(agent: Agent, health: str, interval_s: int) -> None:
    wait_until(
        lambda: target_of(agent)["health"] == health,
        f"the target {health}",
        timeout_s=30 + 3 * interval_s,
        evidence=agent.log,
    )
