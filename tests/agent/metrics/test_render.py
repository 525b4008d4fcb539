"""The rows as a scraper reads them, from snapshots of boxes that have seen something."""

import attrs
import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent.logs import LogStatistics
from agent.metrics.family import LabelledRemote, Snapshot
from agent.metrics.render import FAMILIES, PROMETHEUS_FAMILIES, Renderer
from agent.reloads import ReloadStatistics
from pushqueue.statistics import QueueStatistics, RemoteStatistics
from scraper.loop import ScrapeCounts
from scraper.manager import PoolStatistics, ScraperStatistics
from scraper.scrape import SampleCounts
from web.server import ServerStatistics

REMOTE = RemoteStatistics(
    name="berlin",
    key="berlin",
    url="http://127.0.0.1:1/write",
    state="holding",
    queue=QueueStatistics(
        memory_blocks=2, disk_bytes=700, disk_written_bytes_total=900, disk_state="no space left"
    ),
    pending_blocks=3,
    pending_samples=30,
    pending_bytes=1000,
    oldest_age_s=12.5,
    lag_s=None,
    put_samples_total=100,
    dropped_by_rules_total=4,
    sent_samples_total=60,
    sent_bytes_total=2000,
    sent_blocks_total=6,
    requests_total=9,
    retries_total=2,
    request_errors_total=1,
    request_seconds_total=0.75,
    answers={200: 3, 204: 3, 401: 2},
    dropped_samples={"refused": 6},
    last_error="401 Unauthorized",
    last_error_ms=1,
    last_sent_ms=1,
    spill_after_s=1.0,
    send_timeout_s=60.0,
)
POOL = PoolStatistics(
    job="node",
    targets_up=5,
    targets_down=1,
    targets_unknown=0,
    targets_dropped=2,
    discovery_errors=(),
    counts=ScrapeCounts(
        scrapes=40, failed=4, timed_out=3, samples=SampleCounts(stored=900, duplicates=7)
    ),
)
SNAPSHOT = Snapshot(
    version="1.2.3",
    kernel="c",
    started_s=1000.0,
    now_s=1060.0,
    flags=(("remoteWrite.url", "secret", True),),
    remotes=(LabelledRemote(url_label="berlin", statistics=REMOTE),),
    scraper=ScraperStatistics(pools=(POOL,)),
    reloads=ReloadStatistics(last_success_s=1000.0).failed(),
    logs=LogStatistics(messages={("info", "agent/app.py:1", True): 3}),
    server=ServerStatistics(1, 0, 2, 0, 0, 0, 0, 11),
)


def rendered(snapshot: Snapshot) -> dict[str, float]:
    """Each sample under its text: name{labels}."""
    text = Renderer().render(snapshot).decode()
    samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            samples[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return samples


@pytest.mark.parametrize(
    ("series", "value"),
    [
        pytest.param(
            'vmagent_remotewrite_requests_total{status_code="2XX",url="berlin"}',
            6,
            id="successes are one class, as vmagent has it",
        ),
        pytest.param(
            'vmagent_remotewrite_requests_total{status_code="401",url="berlin"}',
            2,
            id="other answers are counted by code",
        ),
        pytest.param(
            'promferry_remote_samples_dropped_total{reason="refused",url="berlin"}',
            6,
            id="losses are counted in samples by reason",
        ),
        pytest.param(
            'promferry_remote_state{state="holding",url="berlin"}', 1, id="the state it is in"
        ),
        pytest.param('promferry_remote_state{state="ok",url="berlin"}', 0, id="and one it is not"),
        pytest.param('promferry_queue_disk_up{url="berlin"}', 0, id="a disk in trouble"),
        pytest.param(
            'vm_persistentqueue_bytes_pending{name="berlin",path="berlin"}', 700, id="disk"
        ),
        pytest.param(
            'vm_promscrape_scrape_pool_targets{scrape_job="node",status="up"}', 5, id="targets"
        ),
        pytest.param("vm_promscrape_scrapes_failed_total", 4, id="failed scrapes"),
        pytest.param(
            'promferry_scrape_samples_lost_total{reason="duplicate",scrape_job="node"}',
            7,
            id="samples that were not taken",
        ),
        pytest.param("vm_app_uptime_seconds", 60, id="uptime"),
        pytest.param('flag{is_set="true",name="remoteWrite.url",value="secret"}', 1, id="a flag"),
        pytest.param("vm_promscrape_config_last_reload_successful", 0, id="a failed reload"),
        pytest.param("vm_promscrape_config_last_reload_success_timestamp_seconds", 1000, id="when"),
        pytest.param("promferry_http_requests_total", 11, id="requests to the pages"),
    ],
)
def test_a_row_says_what_its_box_counted(series: str, value: float) -> None:
    assert rendered(SNAPSHOT)[series] == value


def test_what_is_not_known_yet_is_absent() -> None:
    assert not any("lag_seconds" in series for series in rendered(SNAPSHOT))
    remote = LabelledRemote(url_label="b", statistics=attrs.evolve(REMOTE, lag_s=2.0))
    known = rendered(attrs.evolve(SNAPSHOT, remotes=(remote,)))
    assert known['promferry_remote_lag_seconds{url="b"}'] == 2.0


def test_names_are_unique_and_counters_end_in_total() -> None:
    families = (*FAMILIES, *PROMETHEUS_FAMILIES)
    names = [family.name for family in families]
    assert len(set(names)) == len(names)
    spreads = ("_bucket", "_sum", "_count")
    for family in families:
        ending = ("_total", *spreads) if family.kind == "counter" else ("",)
        assert family.name.endswith(ending), family.name
        assert family.kind == "counter" or not family.name.endswith("_total")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(3.0, "3", id="whole"),
        pytest.param(0.1, "0.1", id="a fraction"),
        pytest.param(1e300, "1e+300", id="huge"),
        pytest.param(float("inf"), "+Inf", id="infinite"),
        pytest.param(float("nan"), "NaN", id="no number"),
    ],
)
def test_a_value_is_written_as_the_format_wants_it(value: float, text: str) -> None:
    snapshot = attrs.evolve(SNAPSHOT, started_s=value)
    assert f"\nvm_app_start_timestamp {text}\n" in Renderer().render(snapshot).decode()


def test_what_is_in_a_label_cannot_break_a_line() -> None:
    flags = (("a", 'x"\\\ny', True),)
    text = Renderer().render(attrs.evolve(SNAPSHOT, flags=flags)).decode()
    assert '\nflag{name="a",value="x\\"\\\\\\ny",is_set="true"} 1\n' in text
    (family,) = [one for one in text_string_to_metric_families(text) if one.name == "flag"]
    assert family.samples[0].labels["value"] == 'x"\\\ny'


def test_the_process_tells_of_itself() -> None:
    assert rendered(SNAPSHOT)["process_resident_memory_bytes"] > 0
