"""What Prometheus 2.42 says to Blocks that it has already, and what is made of it."""

import json
import signal

import pytest

from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.peers import Prometheus
from tests.integration.process import wait_until
from tests.integration.test_lying_remotes import remotes_of

SERIES = 200


def wait_sent(agent: Agent, count: int) -> None:
    """Until it has sent so many samples since it was started."""
    wait_until(
        lambda: remotes_of(agent)["far"]["sent_samples_total"] > count,
        "samples that are sent",
        evidence=agent.log,
    )


@pytest.mark.parametrize("spill_after", ["0s", "1s"])
def test_nothing_delivered_is_called_rejected_after_a_kill(
    spill_after: str, prometheus: Prometheus, pages: Pages, start_agent: StartAgent, job: str
) -> None:
    wide = "".join(f'wide{{s="{n}"}} {n}\n' for n in range(SERIES))
    pages.put("/metrics", lambda visit: f"number {visit}\n{wide}")
    target = {"targets": [pages.address]}
    scrape = {"job_name": job, "scrape_interval": "200ms", "static_configs": [target]}
    remote = {
        "name": "far",
        "url": prometheus.url,
        "spill_after": spill_after,
        "queue_config": {"batch_send_deadline": "200ms"},
    }
    config = json.dumps({"scrape_configs": [scrape], "remote_write": [remote]})
    agent: Agent = start_agent(config)
    visits = 0
    for _ in range(3):
        wait_sent(agent, 5 * SERIES)
        agent.process.signal(signal.SIGKILL)
        agent.process.wait()
        visits = len(pages.visits("/metrics"))
        agent.start()
    wait_until(lambda: len(pages.visits("/metrics")) > visits + 5, "scrapes", evidence=agent.log)
    wait_sent(agent, 3 * SERIES)
    found = remotes_of(agent)["far"]
    assert set(found["dropped_samples"]) <= {"maybe_delivered"}
    assert found["requests_total"] <= len(pages.visits("/metrics")) - visits + 20, (
        "a storm of bisections"
    )
    assert found["state"] == "ok"
    (numbers,) = prometheus.samples(f'number{{job="{job}"}}')
    assert len(set(numbers.values())) == len(numbers.values())
