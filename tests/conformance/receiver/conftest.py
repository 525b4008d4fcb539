"""One agent takes all cases, one remote behind it tells what arrived."""

import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance.receiver import (
    test_beside_samples,
    test_histograms,
    test_requests,
    test_samples,
)
from tests.conformance.receiver.case import Case, Heard
from tests.conformance.receiver.message import sent
from tests.conformance.sender.far_end import FarEnd
from tests.integration.agent import Agent
from tests.integration.process import wait_until
from tests.pushqueue.receiver_v2 import Row

_CONFIG = """
remote_write:
  - name: behind
    url: "{url}"
    protobuf_message: io.prometheus.write.v2.Request
    send_exemplars: true
    send_native_histograms: true
    queue_config: {{batch_send_deadline: 100ms}}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def heard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Heard]]:
    """What came of each case, by its slug."""
    cases = [
        *test_samples.CASES,
        *test_histograms.CASES,
        *test_beside_samples.CASES,
        *test_requests.CASES,
    ]
    assert len({case.slug for case in cases}) == len(cases), "two cases share a sentence"
    with FarEnd() as far_end:
        config = _CONFIG.format(url=f"http://{far_end.address}/push/behind")
        agent = Agent(tmp_path_factory.mktemp("receiver"), config)
        agent.start()
        try:
            yield _all(cases, agent, far_end)
        finally:
            agent.process.kill()


def _all(cases: list[Case], agent: Agent, far_end: FarEnd) -> dict[str, Heard]:
    connection = http.client.HTTPConnection("127.0.0.1", agent.port, timeout=10)
    answers = {case.slug: _push(connection, case) for case in cases}
    last = Case(sentence="the last", series=(sent("last", 1.0),))
    _push(connection, last)
    connection.close()

    def rows() -> list[Row]:
        return [row for push in far_end.pushes("behind") for row in push.rows]

    wanted = 1 + sum(one.points for case in cases for one in case.good)
    wait_until(lambda: len(rows()) >= wanted, f"{wanted} rows", evidence=agent.log)
    assert agent.process.is_running
    for row in rows():
        slug = row.labels.get("case", "")
        if slug in answers:
            answers[slug].rows.append(row)
    return answers


def _push(connection: http.client.HTTPConnection, case: Case) -> Heard:
    now_ms = time.time_ns() // 1_000_000
    connection.request("POST", "/api/v1/write", case.body(now_ms), case.sent_headers())
    answer = connection.getresponse()  # of one connection, which no refusal may end
    text = answer.read().decode()
    return Heard(case, now_ms, answer.status, dict(answer.headers.items()), text)
