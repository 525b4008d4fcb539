"""The remote is away, the agent is killed: what the queue promises (DESIGN section 5).

Every scrape carries a number of its own, so that a lost sample has a name.
"""

import signal
import time

from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.gate import Gate
from tests.integration.pages import Pages, Visit
from tests.integration.peers import VictoriaMetrics
from tests.integration.process import wait_until

CONFIG = """
scrape_configs:
  - job_name: {job}
    scrape_interval: 100ms
    scrape_timeout: 100ms
    static_configs:
      - targets: ["{address}"]
"""

# flushInterval (1 s) + spillAfter (1 s) + one fsync: younger samples may be lost by kill -9.
# The fsync and a busy machine's scheduling get a second together.
WINDOW_S = 2.0 + 1.0
ROUNDS = 10


def numbered(visit: int) -> str:
    return f"visit_number {visit}\n"


def delivered(receiver: VictoriaMetrics, job: str) -> set[int]:
    return {
        int(value)
        for series in receiver.samples(f'visit_number{{job="{job}"}}')
        for value in series.values()
        if value == value  # the marker of a failed scrape is a NaN
    }


def flags(gate: Gate) -> list[str]:
    return [f"-remoteWrite.url=http://127.0.0.1:{gate.port}/api/v1/write"]


def cpu_s(agent: Agent) -> float:
    """Processor time of the process so far, all its threads."""
    with open(f"/proc/{agent.process.pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def test_a_long_outage_loses_nothing(
    gate: Gate,
    victoria_metrics: VictoriaMetrics,
    pages: Pages,
    start_agent: StartAgent,
    job: str,
) -> None:
    pages.put("/metrics", numbered)
    gate.shut()
    agent = start_agent(CONFIG.format(job=job, address=pages.address), flags(gate))
    wait_until(lambda: len(pages.visits("/metrics")) >= 60, "six seconds", evidence=agent.log)
    assert agent.data_bytes() > 0, "after six seconds of outage nothing is on disk"

    # Calm: the log tells the change of state, not each attempt, and nobody spins.
    before = cpu_s(agent)
    wait_until(lambda: len(pages.visits("/metrics")) >= 90, "nine seconds", evidence=agent.log)
    assert cpu_s(agent) - before < 0.3 * 3
    assert len(agent.log().splitlines()) < 30, agent.log()

    gate.open()
    kept = {visit.number for visit in pages.visits("/metrics")[:-1]}
    wait_until(lambda: kept <= delivered(victoria_metrics, job), "the backlog", evidence=agent.log)
    assert "Traceback" not in agent.log()


def test_a_stop_during_an_outage_loses_nothing(
    gate: Gate,
    victoria_metrics: VictoriaMetrics,
    pages: Pages,
    start_agent: StartAgent,
    job: str,
) -> None:
    pages.put("/metrics", numbered)
    gate.stall()  # a request is in flight when the stop comes
    agent = start_agent(CONFIG.format(job=job, address=pages.address), flags(gate))
    wait_until(lambda: len(pages.visits("/metrics")) >= 20, "some scrapes", evidence=agent.log)
    assert agent.process.stop(timeout_s=6.0) == 0
    kept = {visit.number for visit in pages.visits("/metrics")[:-1]}
    gate.open()
    agent.start()
    wait_until(
        lambda: kept <= delivered(victoria_metrics, job), "all that was kept", evidence=agent.log
    )


def run_round(number: int, agent: Agent, pages: Pages, gate: Gate) -> set[int]:
    """One life of the agent, ended by kill -9; the visits older than the window at its end.

    By turns the remote refuses connections, and takes requests without ever answering.
    """
    gate.stall() if number % 2 else gate.shut()
    first = len(pages.visits("/metrics"))
    agent.start()
    # Not a multiple of the flush interval, so that each round ends in another phase of it.
    life_s = WINDOW_S + 1.0 + 0.13 * number
    wait_until(
        lambda: _age_s(pages.visits("/metrics")[first:]) > life_s,
        "a life long enough",
        evidence=agent.log,
    )
    agent.process.signal(signal.SIGKILL)
    killed_at = time.monotonic()
    agent.process.wait()
    lived = pages.visits("/metrics")[first:]
    return {visit.number for visit in lived if visit.at_s < killed_at - WINDOW_S}


def _age_s(visits: list[Visit]) -> float:
    return time.monotonic() - visits[0].at_s if visits else 0.0


def test_kill_loses_nothing_older_than_the_window(
    gate: Gate,
    victoria_metrics: VictoriaMetrics,
    pages: Pages,
    start_agent: StartAgent,
    job: str,
) -> None:
    pages.put("/metrics", numbered)
    agent = start_agent(
        CONFIG.format(job=job, address=pages.address), flags(gate), is_started=False
    )
    promised = [run_round(number, agent, pages, gate) for number in range(ROUNDS)]
    assert all(promised), "a round too short to promise anything"

    gate.open()
    agent.start()
    wait_until(
        lambda: _missing(promised, delivered(victoria_metrics, job)) == {},
        "every promised sample",
        evidence=lambda: (
            f"lost: {_missing(promised, delivered(victoria_metrics, job))}\n{agent.log()}"
        ),
    )


def _missing(promised: list[set[int]], arrived: set[int]) -> dict[int, list[int]]:
    """By round; empty when all arrived."""
    return {
        number: sorted(round_ - arrived)
        for number, round_ in enumerate(promised)
        if not round_ <= arrived
    }
