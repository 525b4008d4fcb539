"""From a real target through the installed agent to a real receiver, unchanged."""

import math
import re
import time
import urllib.parse
from itertools import pairwise

import pytest

from tests.integration.ask import ask
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.peers import Receiver, Series
from tests.integration.process import wait_until

CONFIG = """
global:
  scrape_interval: {interval}
  external_labels:
    region: "north"
scrape_configs:
  - job_name: {job}
    scrape_timeout: {interval}
    static_configs:
      - targets: ["{address}"]
        labels:
          rack: "r1"
"""

PAGE = """\
# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{{code="200",path="/a b\\"c\\\\d"}} {visit}
requests_total{{code="500",path="/é"}} 3e9
# TYPE temperature_celsius gauge
temperature_celsius -1.5
odd_values{{kind="inf"}} +Inf
odd_values{{kind="minus_inf"}} -Inf
odd_values{{kind="nan"}} NaN
tiny 1.25e-9
stamped 7 {stamp_ms}
clash{{job="their_own",empty=""}} 1
"""


def page(stamp_ms: int, visit: int) -> str:
    return PAGE.format(visit=visit, stamp_ms=stamp_ms)


def by_identity(series: list[Series]) -> dict[str, Series]:
    """By name and those labels that the page gave, as it wrote them."""
    ours = {"__name__", "instance", "job", "rack", "region"}
    return {
        each.labels["__name__"]
        + "".join(
            f" {name}={value}" for name, value in sorted(each.labels.items()) if name not in ours
        ): each
        for each in series
    }


def test_a_page_arrives_as_it_was_exposed(
    receiver: Receiver, pages: Pages, start_agent: StartAgent, job: str
) -> None:
    stamp_ms = _now_ms() - 5000
    pages.put("/metrics", lambda visit: page(stamp_ms, visit))
    started_ms = _now_ms()
    agent = start_agent(
        CONFIG.format(interval="1s", job=job, address=pages.address),
        [f"-remoteWrite.url={receiver.url}"],
    )

    def arrived() -> dict[str, Series] | None:
        found = by_identity(receiver.samples(f'{{job="{job}"}}'))
        counter = found.get('requests_total code=200 path=/a b"c\\d')
        return found if counter and len(counter.samples) >= 3 else None

    found = wait_until(arrived, "three scrapes at the receiver", evidence=agent.log)

    for series in found.values():
        assert series.labels["instance"] == pages.address
        assert series.labels["rack"] == "r1"
        assert series.labels["region"] == "north"
    assert found["requests_total code=500 path=/é"].values()[-1] == 3e9
    assert found["temperature_celsius"].values()[-1] == -1.5
    assert found["odd_values kind=inf"].values()[-1] == math.inf
    assert found["odd_values kind=minus_inf"].values()[-1] == -math.inf
    assert found["tiny"].values()[-1] == 1.25e-9
    assert found["clash exported_job=their_own"].values()[-1] == 1
    assert set(found["stamped"].samples) == {(stamp_ms, 7.0)}
    assert found["up"].values()[-1] == 1
    assert found["scrape_samples_scraped"].values()[-1] == 9
    assert_regular(found['requests_total code=200 path=/a b"c\\d'], started_ms)


def assert_regular(counter: Series, started_ms: int) -> None:
    """Each visit's number once and in order, on a grid of a second, since the agent's start."""
    values = counter.values()
    assert values == [float(number) for number in range(len(values))]
    stamps = [at_ms for at_ms, _ in counter.samples]
    assert started_ms <= stamps[0] <= _now_ms()
    gaps = [after - before for before, after in pairwise(stamps)]
    assert all(abs(gap - 1000) <= 100 for gap in gaps), gaps


def test_a_node_exporter_arrives_whole(
    receiver: Receiver, node_exporter: str, start_agent: StartAgent, job: str
) -> None:
    agent = start_agent(
        CONFIG.format(interval="2s", job=job, address=node_exporter),
        [f"-remoteWrite.url={receiver.url}"],
    )

    def arrived() -> list[Series] | None:
        found = receiver.samples(f'{{job="{job}"}}')
        names = {each.labels["__name__"] for each in found}
        return found if {"up", "node_load1", "node_cpu_seconds_total"} <= names else None

    found = wait_until(arrived, "a page of node_exporter at the receiver", evidence=agent.log)

    own = re.compile("up|scrape_.*")
    exposed = [each for each in found if not own.fullmatch(each.labels["__name__"])]
    scraped = next(each for each in found if each.labels["__name__"] == "scrape_samples_scraped")
    # Some series of node_exporter come and go with what the machine does.
    assert len(exposed) == pytest.approx(scraped.values()[0], rel=0.02)
    assert len(exposed) > 300
    assert {each.labels["instance"] for each in found} == {node_exporter}


def test_a_vanished_series_ends_at_once(
    prometheus: Receiver, pages: Pages, start_agent: StartAgent, job: str
) -> None:
    """The receiver stores a staleness marker: an instant query finds the one, not the other."""
    pages.put("/metrics", lambda visit: "stays 1\n" + ("goes 1\n" if visit < 2 else ""))
    agent = start_agent(
        CONFIG.format(interval="1s", job=job, address=pages.address),
        [f"-remoteWrite.url={prometheus.url}"],
    )
    wait_until(lambda: prometheus.samples(f'goes{{job="{job}"}}'), "the series", evidence=agent.log)
    wait_until(
        lambda: (
            _names_now(prometheus, job) >= {"stays", "up"}
            and "goes" not in _names_now(prometheus, job)
        ),
        "its end, long before the look-back of five minutes",
        evidence=agent.log,
    )


def _names_now(prometheus: Receiver, job: str) -> set[str]:
    query = urllib.parse.urlencode({"query": f'{{job="{job}"}}'})
    answer = ask(f"http://127.0.0.1:{prometheus.port}/api/v1/query?{query}").json()
    return {row["metric"]["__name__"] for row in answer["data"]["result"]}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
