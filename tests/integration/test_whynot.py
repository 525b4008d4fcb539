"""Each way to lose a series is made for real; the API and the command are asked, and know.

One agent with one job and one remote for each cause, so that all answers come from the same run.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from threading import Thread
from typing import Any
from urllib.parse import quote
from urllib.request import Request, urlopen

import pytest

from tests.integration.agent import Agent, command
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.process import wait_until
from tests.integration.quiet_server import QuietHandler, QuietServer
from web.pages.whynot import TITLES

PAGE = """\
load 1
dropped_here 1
wanted_by_nobody 1
twice{secret="1"} 1
twice{secret="2"} 2
"""

CONFIG = """
global: {{scrape_interval: 1s, external_labels: {{region: eu}}}}
scrape_configs:
- job_name: good
  static_configs: [{{targets: ['{address}']}}]
  metric_relabel_configs:
  - {{action: drop, source_labels: [__name__], regex: dropped_here}}
  - {{action: labeldrop, regex: secret}}
- job_name: future
  metrics_path: /future
  static_configs: [{{targets: ['{address}']}}]
- job_name: unwanted
  static_configs: [{{targets: ['{address}']}}]
  relabel_configs: [{{action: drop, source_labels: [__address__], regex: .+}}]
- job_name: down
  static_configs: [{{targets: ['127.0.0.1:9']}}]
- job_name: limited
  sample_limit: 2
  static_configs: [{{targets: ['{address}']}}]
remote_write:
- {{name: takes, url: 'http://{takes}/w'}}
- name: choosy
  url: 'http://{takes}/w'
  write_relabel_configs: [{{action: drop, source_labels: [__name__], regex: wanted_by_nobody}}]
- {{name: dead, url: 'http://127.0.0.1:9/w'}}
- {{name: locked, url: 'http://{locked}/w'}}
- {{name: picky, url: 'http://{picky}/w'}}
"""


@contextmanager
def answering(status: int, words: str = "") -> Iterator[str]:
    """A remote that says the same to everything."""

    class Handler(QuietHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(words)))
            self.end_headers()
            self.wfile.write(words.encode())

    with QuietServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def agent(start_agent: StartAgent, pages: Pages) -> Iterator[Agent]:
    pages.put("/metrics", PAGE)
    pages.put("/future", lambda _: f"dated 1 {int(time.time() * 1000) + 3_600_000}\n")
    with (
        answering(204) as takes,
        answering(401, "who are you") as locked,
        answering(400, "out of order sample") as picky,
    ):
        config = CONFIG.format(address=pages.address, takes=takes, locked=locked, picky=picky)
        agent = start_agent(config, ["-remoteWrite.flushInterval=500ms"])
        wait_until(
            lambda: [one["health"] != "unknown" for one in _active(agent)] == [True] * 4,
            "every target to be scraped once",
        )
        wait_until(
            lambda: (
                _stages(agent, 'load{job="good"}').get("takes") == "delivered"
                and _stages(agent, 'load{job="good"}').get("picky") == "refused_by_remote"
                and _stages(agent, 'load{job="good"}').get("locked") == "held_by_remote"
            ),
            "samples to be answered by every remote",
            evidence=lambda: f"{_ask(agent, 'load')}\n{agent.log()}",
        )
        yield agent


def _active(agent: Agent) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = agent.get("/api/v1/targets").json()["data"]["activeTargets"]
    return found


def _ask(agent: Agent, question: str) -> dict[str, Any]:
    answer = agent.get(f"/api/v1/whynot?q={quote(question)}").json()
    found: dict[str, Any] = answer["data"]
    return found


def _page(agent: Agent, question: str) -> str:
    request = Request(
        f"http://127.0.0.1:{agent.port}/whynot?q={quote(question)}", headers={"Accept": "text/html"}
    )
    with urlopen(request, timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def _stages(agent: Agent, question: str) -> dict[str, str]:
    return {one.get("remote", ""): one["stage"] for one in _ask(agent, question)["answers"]}


CAUSES = [
    ('load{job="god"}', "", "not_discovered", 'did you mean job="good"?'),
    ('load{job="unwanted"}', "", "target_dropped", "rule 1"),
    ('load{job="down"}', "", "scrape_fails", "127.0.0.1:9"),
    ('laod{job="good"}', "", "not_exposed", "did you mean load?"),
    ("dropped_here", "", "dropped_by_metric_rule", "rule 1 of metric_relabel_configs"),
    ('load{job="limited"}', "", "over_limit", "sample_limit 2"),
    ('twice{secret="2"}', "", "duplicate_or_out_of_order", "the first counts"),
    ("dated", "", "duplicate_or_out_of_order", "future"),
    ("wanted_by_nobody", "choosy", "dropped_by_remote_rule", "rule 1"),
    ('load{job="good"}', "dead", "waiting_in_queue", "127.0.0.1:9"),
    ('load{job="good"}', "locked", "held_by_remote", "401"),
    ('load{job="good"}', "picky", "refused_by_remote", "out of order sample"),
    ('load{job="good",region="eu"}', "takes", "delivered", "newest sample"),
]


def test_every_cause_is_named(agent: Agent) -> None:
    for question, remote, stage, words in CAUSES:
        answers = _ask(agent, question)["answers"]
        found = [
            one for one in answers if one["stage"] == stage and one.get("remote", "") == remote
        ]
        assert found, f"{question}: {answers}"
        assert words in f"{found[0]['text']} {found[0].get('advice', '')}", question
        page = _page(agent, question)
        assert escape(TITLES[stage]) in page, question
        assert escape(found[0]["text"]) in page, question


def _command(agent: Agent, *argv: str) -> subprocess.CompletedProcess[str]:
    argv = (*command(), "whynot", f"-url=http://127.0.0.1:{agent.port}", *argv)
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)


def test_the_command_says_the_same(agent: Agent) -> None:
    for question, remote, stage, words in CAUSES:
        answers = json.loads(_command(agent, "-json", question).stdout)["answers"]
        found = [
            one for one in answers if one["stage"] == stage and one.get("remote", "") == remote
        ]
        assert found, f"{question}: {answers}"
        assert words in f"{found[0]['text']} {found[0].get('advice', '')}", question


def test_the_command_as_text_and_its_exit_codes(agent: Agent) -> None:
    lost = _command(agent, "-steps", 'dropped_here{job="good"}')
    assert lost.returncode == 1
    assert "dropped by metric rule: rule 1 of metric_relabel_configs drops it" in lost.stdout
    assert "=> dropped by rule 1" in lost.stdout
    assert _command(agent, 'up{job="down"}').returncode == 1  # the dead remote has it not
    misunderstood = _command(agent, "load{")
    assert misunderstood.returncode == 1
    assert "a series is asked for as" in misunderstood.stderr
    assert _command(agent, "-steps").returncode == 2


def test_a_target_is_asked_for(agent: Agent) -> None:
    assert _stages(agent, "127.0.0.1:9") == {"": "scrape_fails"}
