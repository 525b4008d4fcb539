"""The API, asked of promferry and of Debian's Prometheus on the same configuration.

Prometheus is 2.42, whose answers lack what 3.x added; each difference is listed with its reason.
"""

import json
import re
import subprocess
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration import peers
from tests.integration.agent import Agent
from tests.integration.ask import Answer, ask
from tests.integration.pages import Page, Pages
from tests.integration.process import Process, free_port, wait_until

CONFIG = """
global:
  scrape_interval: 500ms
  scrape_timeout: 400ms
  external_labels:
    site: a
scrape_configs:
  - job_name: good
    params:
      module: [a]
    static_configs:
      - targets: ["{address}", "localhost:{port}"]
        labels: {{team: web}}
    relabel_configs:
      - source_labels: [__address__]
        regex: "([^:]+):.*"
        target_label: host
      - action: labeldrop
        regex: nix
  - job_name: bad
    metrics_path: /missing
    static_configs:
      - targets: ["{address}"]
  - job_name: dropped
    static_configs:
      - targets: ["127.0.0.1:1", "127.0.0.1:2"]
    relabel_configs:
      - action: drop
        source_labels: [__address__]
        regex: ".*:[12]"
"""
PAGE = """\
# HELP first What comes first.
# TYPE first counter
first_total 1
# TYPE second gauge
second 2
# HELP third Odd\\\\n text
third 3
"""
# Field of a target -> why it may differ.
NOT_COMPARED = {
    "lastScrape": "each scrapes at its own time",
    "lastScrapeDuration": "and takes its own time",
    "lastSamplesScraped": "vmagent's addition",
    "lastError": "each has its own words; both have some or none",
}


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Agent, int]]:
    tmp_path = tmp_path_factory.mktemp("api")
    with Pages() as pages:
        pages.put("/metrics", PAGE)
        pages.put("/missing", Page(text="", status=404))
        address = pages.address
        config = CONFIG.format(address=address, port=address.rpartition(":")[2])
        remote = "-remoteWrite.url=http://127.0.0.1:9/api/v1/write"
        agent = Agent(tmp_path / "agent", config, [remote])
        agent.start()
        try:
            yield from with_prometheus(agent, config, tmp_path)
        finally:
            agent.process.kill()


def with_prometheus(agent: Agent, config: str, tmp_path: Path) -> Iterator[tuple[Agent, int]]:
    port = free_port()
    path = tmp_path / "prometheus-peer.yml"
    path.write_text(config)
    arguments = [
        peers.program("prometheus"),
        f"--config.file={path}",
        f"--storage.tsdb.path={tmp_path / 'tsdb'}",
        f"--web.listen-address=127.0.0.1:{port}",
    ]
    process = Process(arguments, tmp_path / "prometheus-peer.log")
    process.start()
    try:
        process.wait_port(port)
        wait_until(lambda: peer(port, "/-/ready").status == 200, "Prometheus")
        wait_until(lambda: all_scraped(peer(port, "/api/v1/targets")), "scrapes by Prometheus")
        wait_until(lambda: all_scraped(agent.get("/api/v1/targets")), "scrapes by promferry")
        yield agent, port
    finally:
        process.kill()


def peer(port: int, path: str) -> Answer:
    return ask(f"http://127.0.0.1:{port}{path}")


def all_scraped(answer: Answer) -> bool:
    targets = answer.json()["data"]["activeTargets"]
    return len(targets) == 3 and all(target["health"] != "unknown" for target in targets)


# Labels that every discovered target has since Prometheus 3.
SINCE_3 = {
    "__always_scrape_classic_histograms__",
    "__convert_classic_histograms_to_nhcb__",
    "__scrape_native_histograms__",
}


def as_before_3(target: dict[str, Any]) -> dict[str, Any]:
    labels = target["discoveredLabels"]
    older = {name: value for name, value in labels.items() if name not in SINCE_3}
    return {**target, "discoveredLabels": older}


def by_url(document: Any) -> dict[str, dict[str, Any]]:
    targets = map(as_before_3, document["data"]["activeTargets"])
    return {target["scrapeUrl"]: target for target in targets}


def test_targets_are_the_same_field_by_field(both: tuple[Agent, int]) -> None:
    agent, port = both
    ours, theirs = agent.get("/api/v1/targets").json(), peer(port, "/api/v1/targets").json()
    assert ours["status"] == theirs["status"] == "success"
    own, other = by_url(ours), by_url(theirs)
    assert own.keys() == other.keys()
    for url, target in own.items():
        assert other[url].keys() <= target.keys()
        for field, value in other[url].items():
            if field not in NOT_COMPARED:
                assert target[field] == value, (url, field)
        assert bool(target["lastError"]) == bool(other[url]["lastError"])
        assert target["lastScrape"][:10] == other[url]["lastScrape"][:10]
    dropped = map(as_before_3, ours["data"]["droppedTargets"])
    gone = [target["discoveredLabels"] for target in dropped]
    assert gone == [target["discoveredLabels"] for target in theirs["data"]["droppedTargets"]]


@pytest.mark.parametrize("state", ["active", "dropped", "any", "nix"])
def test_a_state_selects_the_same(both: tuple[Agent, int], state: str) -> None:
    agent, port = both
    path = f"/api/v1/targets?state={state}"
    counts = [
        [len(answer.json()["data"][kind]) for kind in ("activeTargets", "droppedTargets")]
        for answer in (agent.get(path), peer(port, path))
    ]
    assert counts[0] == counts[1]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/metadata",
        "/api/v1/metadata?metric=second",
        "/api/v1/metadata?metric=nix",
        "/api/v1/metadata?limit=0",
        "/api/v1/metadata?limit=x",
        "/api/v1/targets/metadata?metric=second",
        "/api/v1/targets/metadata?match_target=%7Bjob%3D%22good%22%7D",
        "/api/v1/targets/metadata?match_target=%7Bjob%3D%22nix%22%7D",
        "/api/v1/targets/metadata?limit=x",
    ],
)
def test_metadata_is_the_same(both: tuple[Agent, int], path: str) -> None:
    agent, port = both
    ours, theirs = agent.get(path), peer(port, path)
    assert ours.status == theirs.status
    own, other = ours.json(), theirs.json()
    if ours.status == 200:
        assert sorted_deep(own["data"]) == sorted_deep(other["data"])
    else:
        assert (own["errorType"], own["error"]) == (other["errorType"], other["error"])


def sorted_deep(value: Any) -> Any:
    """A list has no order here: both give the order of a hash table."""
    if isinstance(value, list):
        return sorted(map(sorted_deep, value), key=json.dumps)
    if isinstance(value, dict):
        return {key: sorted_deep(one) for key, one in sorted(value.items())}
    return value


@pytest.mark.parametrize("name", ["buildinfo", "runtimeinfo", "flags", "config"])
def test_status_has_at_least_the_same_keys(both: tuple[Agent, int], name: str) -> None:
    agent, port = both
    path = f"/api/v1/status/{name}"
    own, other = agent.get(path).json()["data"], peer(port, path).json()["data"]
    if name == "flags":  # each has its own
        assert all(isinstance(value, str) for value in own.values())
        return
    # Of the server's storage; an agent has none, as Prometheus' own agent mode.
    storage = {"timeSeriesCount", "chunkCount"}
    assert other.keys() - storage <= own.keys()
    for key in other.keys() & own.keys():
        assert type(own[key]) is type(other[key]), key


def test_probes_are_the_same(both: tuple[Agent, int]) -> None:
    agent, port = both
    for path in ("/-/healthy", "/-/ready"):
        assert agent.get(path).status == peer(port, path).status == 200


def test_promtool_collects_the_metrics(both: tuple[Agent, int], tmp_path: Path) -> None:
    agent, _ = both
    argv = [peers.program("promtool"), "debug", "metrics", f"http://127.0.0.1:{agent.port}"]
    subprocess.run(argv, check=True, capture_output=True, cwd=tmp_path)
    with tarfile.open(tmp_path / "debug.tar.gz") as archive:
        file = archive.extractfile("metrics.txt")
        assert file is not None
        assert b"vm_app_version" in file.read()


# Histograms as VictoriaMetrics writes them, by `vmrange`, and under vmagent's names: no type of the
# text format is for them.
INHERITED = (
    "vm_promscrape_scrape_duration_seconds",
    "vm_promscrape_scrape_response_size_bytes",
    "vm_promscrape_scraped_samples",
    "vmagent_remotewrite_block_size_bytes",
    "vmagent_remotewrite_block_size_rows",
    "vmagent_remotewrite_duration_seconds",
)
_PARTS = re.compile("_(bucket|sum|count) ")


def test_promtool_finds_nothing_but_names_inherited_from_vmagent(both: tuple[Agent, int]) -> None:
    agent, _ = both
    found = subprocess.run(
        [peers.program("promtool"), "check", "metrics"],
        input=agent.get("/metrics").text,
        text=True,
        capture_output=True,
        check=False,
    )
    assert {_PARTS.split(line)[0] for line in found.stderr.splitlines()} <= {*INHERITED}


def test_relabel_steps_of_a_job(both: tuple[Agent, int]) -> None:
    """Prometheus has these since 3.10."""
    agent, _ = both
    labels = "%7B%22__address__%22%3A%22a%3A1%22%7D"
    path = f"/api/v1/targets/relabel_steps?scrapePool=good&labels={labels}"
    steps = agent.get(path).json()["data"]["steps"]
    assert [step["keep"] for step in steps] == [True, True]
    assert steps[1]["output"] == {"__address__": "a:1", "host": "a"}
    assert agent.get("/api/v1/targets/relabel_steps?scrapePool=nix&labels={}").status == 400


def test_the_page_of_a_target_is_fetched_now(both: tuple[Agent, int]) -> None:
    agent, _ = both
    assert agent.get("/target_response?id=nix").status == 404
    page = ask_html(agent, "/targets")
    ids = re.findall(r"target_response\?id=([0-9a-f]+)", page)
    answers = [agent.get(f"/target_response?id={one}") for one in ids]
    assert sorted(answer.text for answer in answers) == ["", PAGE, PAGE]


def ask_html(agent: Agent, path: str) -> str:
    url = f"http://127.0.0.1:{agent.port}{path}"
    request = urllib.request.Request(url, headers={"Accept": "text/html"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(answer.read().decode())
