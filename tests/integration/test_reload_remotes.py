"""Reloads that change remotes: what is told, what is refused, and what the others notice of it."""

from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.process import wait_until

SCRAPES = """
scrape_configs:
  - job_name: {job}
    scrape_interval: 200ms
    static_configs:
      - targets: ["{address}"]
"""
# Nobody listens there: what was queued stays and can be looked at.
REMOTES = """
remote_write:
  - {name: changed, url: "http://127.0.0.1:9/a"}
  - {name: kept, url: "http://127.0.0.1:9/b"}
  - {url: "http://127.0.0.1:9/c"}
"""


def started(start_agent: StartAgent, pages: Pages, job: str) -> Agent:
    pages.put("/metrics", "sample 1\n")
    agent: Agent = start_agent(SCRAPES.format(job=job, address=pages.address) + REMOTES)
    return agent


def pending(agent: Agent) -> dict[str, float]:
    """Bytes that wait, by the `url` label."""
    lines = agent.get("/metrics").text.splitlines()
    found = [
        line.rpartition(" ")
        for line in lines
        if line.startswith("vmagent_remotewrite_pending_data_bytes{")
    ]
    return {head.partition('url="')[2].partition('"')[0]: float(value) for head, _, value in found}


def test_remotes_beside_a_changed_one_notice_nothing(
    start_agent: StartAgent, pages: Pages, job: str
) -> None:
    agent = started(start_agent, pages, job)
    wait_until(lambda: all(pending(agent).values()), "something queued", evidence=agent.log)
    before = pending(agent)
    assert list(before) == ["changed", "kept", "3:secret-url"]
    agent.config.write_text(agent.config.read_text().replace("/a", "/other"))
    assert agent.get("/-/reload", method="POST").status == 200
    after = pending(agent)
    assert list(after) == list(before)
    assert after["kept"] >= before["kept"]
    assert (agent.data / "queues" / "kept").is_dir()


def test_a_removed_remote_leaves_its_queue(start_agent: StartAgent, pages: Pages, job: str) -> None:
    agent = started(start_agent, pages, job)
    text = agent.config.read_text()
    agent.config.write_text(text.replace('  - {name: kept, url: "http://127.0.0.1:9/b"}\n', ""))
    assert agent.get("/-/reload", method="POST").status == 200
    assert list(pending(agent)) == ["changed", "2:secret-url"]
    assert (agent.data / "queues" / "kept").is_dir()


def test_a_reload_never_leaves_the_agent_without_remotes(
    start_agent: StartAgent, pages: Pages, job: str
) -> None:
    agent = started(start_agent, pages, job)
    agent.config.write_text(agent.config.read_text().partition("remote_write")[0])
    answer = agent.get("/-/reload", method="POST")
    assert answer.status == 400
    assert "nowhere to push" in answer.text
    assert len(pending(agent)) == 3


def test_a_reload_tells_new_warnings_once(start_agent: StartAgent, pages: Pages, job: str) -> None:
    agent = started(start_agent, pages, job)
    agent.config.write_text(agent.config.read_text() + "rule_files: [x]\n")
    for _ in range(2):
        assert agent.get("/-/reload", method="POST").status == 200
    assert agent.log().count("no effect here: rule_files") == 1
