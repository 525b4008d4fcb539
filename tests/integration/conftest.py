"""Peers for the whole session, an agent for each test.

Peers are started once: a test tells its samples from those of others by the job's name, which
every configuration takes from the test (`job` fixture).
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.integration import peers
from tests.integration.agent import Agent
from tests.integration.certs import Certificates, make_certificates
from tests.integration.gate import Gate
from tests.integration.pages import Pages
from tests.integration.peers import Prometheus, Receiver, TlsProxy, VictoriaMetrics

StartAgent = Callable[..., Agent]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.integration)


@pytest.fixture(scope="session")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with peers.prometheus(tmp_path_factory.mktemp("prometheus")) as peer:
        yield peer


@pytest.fixture(scope="session")
def victoria_metrics(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VictoriaMetrics]:
    with peers.victoria_metrics(tmp_path_factory.mktemp("victoria-metrics")) as peer:
        yield peer


@pytest.fixture(params=["prometheus", "victoria_metrics"])
def receiver(request: pytest.FixtureRequest) -> Receiver:
    """Each real receiver in turn."""
    peer: Receiver = request.getfixturevalue(request.param)
    return peer


@pytest.fixture(scope="session")
def node_exporter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with peers.node_exporter(tmp_path_factory.mktemp("node-exporter")) as address:
        yield address


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    peers.program("openssl")
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def tls_proxy(
    tmp_path_factory: pytest.TempPathFactory, certificates: Certificates, prometheus: Prometheus
) -> Iterator[TlsProxy]:
    with peers.tls_proxy(tmp_path_factory.mktemp("nginx"), certificates, prometheus.port) as proxy:
        yield proxy


@pytest.fixture
def pages() -> Iterator[Pages]:
    with Pages() as server:
        yield server


@pytest.fixture
def gate(victoria_metrics: VictoriaMetrics) -> Iterator[Gate]:
    """A door before VictoriaMetrics, which takes samples in any order and more than once."""
    with Gate(victoria_metrics.port) as door:
        yield door


@pytest.fixture
def job(request: pytest.FixtureRequest) -> str:
    """A job's name that no other test uses."""
    return re.sub(r"\W+", "_", request.node.name).strip("_")


@pytest.fixture
def start_agent(tmp_path: Path) -> Iterator[StartAgent]:
    """Starts agents that the end of the test kills."""
    agents: list[Agent] = []

    def start(config: str, flags: Sequence[str] = (), *, is_started: bool = True) -> Agent:
        agent = Agent(tmp_path / f"agent-{len(agents)}", config, flags)
        agents.append(agent)
        if is_started:
            agent.start()
        return agent

    yield start
    for agent in agents:
        agent.process.kill()
