"""Targets that misbehave: `up 0`, the reason on /targets, bounded memory, the others on time."""

import gzip
import re
import zlib
from collections.abc import Iterator
from itertools import pairwise

import attrs
import pytest

from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.pages import Page, Pages
from tests.integration.peers import Prometheus
from tests.integration.process import free_port, wait_until

# What a resident agent may take while a target throws 10 GB at it: one bounded body and no more.
MAX_RESIDENT_MIB = 130


def endless_text() -> Iterator[bytes]:
    """10 GB of good lines."""
    chunk = b"".join(b'filler{number="%d"} 1\n' % number for number in range(4000))
    for _ in range(10 * 2**30 // len(chunk)):
        yield chunk


def gzip_bomb() -> Iterator[bytes]:
    """10 GB of zeros in some 10 MB: one MiB, compressed once, repeated as it stands."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    repeated = compressor.compress(bytes(2**20)) + compressor.flush(zlib.Z_FULL_FLUSH)
    yield gzip.compress(b"")[:10]
    for _ in range(10 * 2**10):
        yield repeated


@attrs.frozen
class Bad:
    """A bad page and what /targets must say of it."""

    page: Page
    reason: str


BAD = {
    "slow": Bad(Page(text="late 1\n", delay_s=5), "(?i)time|deadline|within 0.9"),
    "garbage": Bad(
        Page(text="<html><body>Hello, world!</body></html>\n"), "(?i)line 1|parse|invalid"
    ),
    "half_good": Bad(Page(text="good 1\nbad {\n"), "(?i)line 2"),
    "binary": Bad(Page(text="\x00\x01\x02\ufffd\n"), "(?i)line 1|parse|invalid"),
    "huge": Bad(Page(text="first 1\n", endless=endless_text), "(?i)size|large|big|exceed|limit"),
    "bomb": Bad(Page(endless=gzip_bomb, gzipped=True), "(?i)size|large|big|exceed|limit"),
    "error": Bad(Page(status=500, text="oh no\n"), "500"),
}
CONFIG = """
global:
  scrape_interval: 1s
  scrape_timeout: 900ms
scrape_configs:
  - job_name: {job}
    static_configs:
      - targets: ["{address}"]
  - job_name: {job}_down
    static_configs:
      - targets: ["127.0.0.1:{closed_port}"]
"""
BAD_JOB = """
  - job_name: {job}_{name}
    metrics_path: /{name}
    static_configs:
      - targets: ["{address}"]
"""


@pytest.fixture
def agent(pages: Pages, prometheus: Prometheus, start_agent: StartAgent, job: str) -> Agent:
    pages.put("/metrics", lambda visit: f"visit_number {visit}\n")
    for name, bad in BAD.items():
        pages.put(f"/{name}", bad.page)
    config = CONFIG.format(job=job, address=pages.address, closed_port=free_port())
    config += "".join(BAD_JOB.format(job=job, name=name, address=pages.address) for name in BAD)
    return start_agent(config, [f"-remoteWrite.url={prometheus.url}"])


def resident_mib(agent: Agent, field: str = "VmHWM") -> float:
    with open(f"/proc/{agent.process.pid}/status") as status:
        found = re.search(rf"{field}:\s+(\d+) kB", status.read())
    assert found
    return int(found[1]) / 1024


def test_bad_targets_hurt_only_themselves(
    agent: Agent, pages: Pages, prometheus: Prometheus, job: str
) -> None:
    wait_until(lambda: len(pages.visits("/metrics")) >= 8, "eight seconds", evidence=agent.log)

    targets = {target["scrapePool"]: target for target in agent.targets().values()}
    assert targets[job]["health"] == "up", targets[job]["lastError"]
    assert targets[f"{job}_down"]["health"] == "down"
    assert re.search("(?i)refused", targets[f"{job}_down"]["lastError"])
    told = {name: targets[f"{job}_{name}"] for name in BAD}
    assert {name for name, target in told.items() if target["health"] != "down"} == set()
    wrong = {
        name: target["lastError"]
        for name, target in told.items()
        if not re.search(BAD[name].reason, target["lastError"])
    }
    assert wrong == {}
    page = agent.get("/targets").text
    assert "refused" in page
    assert "500" in page

    assert resident_mib(agent) < MAX_RESIDENT_MIB
    up = {
        series.labels["job"]: set(series.values())
        for series in prometheus.samples(f'up{{job=~"{job}.*"}}')
    }
    assert up.pop(job) == {1.0}
    assert up == {f"{job}_{name}": {0.0} for name in [*BAD, "down"]}
    assert_on_time(prometheus, job)


def assert_on_time(prometheus: Prometheus, job: str) -> None:
    (good,) = prometheus.samples(f'visit_number{{job="{job}"}}')
    gaps = [after - before for (before, _), (after, _) in pairwise(good.samples)]
    assert gaps
    assert all(abs(gap - 1000) <= 300 for gap in gaps), gaps
