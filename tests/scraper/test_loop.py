"""One target's loop: when it scrapes, what it asks for, what a bad target costs."""

import json
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from scraper.manager import Manager
from scraper.setup import JobSetup
from scraper.status import TargetStatus
from scraper.target import Target
from tests.scraper.batches import STALE
from tests.scraper.fleet import Fleet, Reply, job_of, page
from transport.client import Client
from transport.settings import BasicAuth, HttpSettings
from transport.tls import TlsContexts


@pytest.fixture
def fleet(nursery: trio.Nursery) -> Fleet:
    return Fleet(nursery)


def timestamps(fleet: Fleet) -> list[int]:
    """The grid positions of the scrapes: times less the first one's."""
    stamps = [stamp for _, _, stamp in fleet.of("up")]
    return [stamp - stamps[0] for stamp in stamps]


async def status_of(fleet: Fleet, scrapes: int = 1, **settings: object) -> TargetStatus:
    """The state of h:1 after so many scrapes."""
    manager = fleet.manager()
    await fleet.nursery.start(manager.run, [job_of("h:1", **settings)], {})
    await fleet.wait_puts(scrapes)
    (status,) = manager.active_targets()
    return status


async def test_scrapes_stand_on_the_grid(fleet: Fleet, autojump_clock: MockClock) -> None:
    fleet.scripts["h:1"] = lambda number: Reply("a 1\n", delay_s=0.5 * number)
    await status_of(fleet, 4)
    assert timestamps(fleet) == [0, 10_000, 20_000, 30_000]
    assert fleet.of("up")[0][2] % 100 == 0


async def test_a_slow_target_skips_ticks_and_never_shifts_the_grid(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    fleet.scripts["h:1"] = lambda number: Reply("a 1\n", delay_s=25 if number == 1 else 0)
    status = await status_of(fleet, 4, scrape_timeout_s=10.0)
    # The second scrape takes its whole timeout, and with it the tick that it ends on.
    assert timestamps(fleet) == [0, 10_000, 30_000, 40_000]
    assert fleet.values("up") == [1, 0, 1, 1]
    assert status.scrapes_failed_total == 1


async def test_missed_ticks_are_counted(fleet: Fleet, autojump_clock: MockClock) -> None:
    fleet.scripts["h:1"] = lambda number: Reply("a 1\n", delay_s=25 if number == 0 else 0)
    manager = fleet.manager()
    await fleet.nursery.start(manager.run, [job_of("h:1", scrape_timeout_s=10.0)], {})
    await fleet.wait_puts(2)
    (pool,) = manager.statistics().pools
    assert (pool.counts.missed, pool.counts.failed, pool.counts.timed_out) == (1, 1, 1)


async def test_one_put_a_scrape_with_samples_markers_and_report(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    fleet.scripts["h:1"] = lambda number: Reply("a 1\n" if number else "a 1\nb 2\n")
    await status_of(fleet, 2)
    names = [[name.partition("{")[0] for name, _, _ in rows] for rows in fleet.puts]
    report = [
        "up",
        "scrape_duration_seconds",
        "scrape_samples_scraped",
        "scrape_samples_post_metric_relabeling",
        "scrape_series_added",
    ]
    assert names == [["a", "b", *report], ["a", "b", *report]]
    assert fleet.values("b") == [2, STALE]
    assert fleet.values("scrape_series_added") == [2, 0]


async def test_what_is_asked_for(fleet: Fleet, autojump_clock: MockClock) -> None:
    fleet.scripts["h:1"] = page("a 1\n")
    http = HttpSettings(basic_auth=BasicAuth(username="u"))
    await status_of(fleet, scrape_timeout_s=2.5, params={"x": ("1",)}, http=http)
    request = fleet.requests[0][1]
    assert request.line == "GET /metrics?x=1 HTTP/1.1"
    assert {name: value for name, value in request.headers if name != "authorization"} == {
        "host": "h:1",
        "user-agent": "promferry/test",
        "accept": "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,"
        "*/*;q=0.2",
        "accept-encoding": "gzip",
        "x-prometheus-scrape-timeout-seconds": "2.5",
    }
    assert request.header("authorization") is not None


async def test_compression_can_be_refused(fleet: Fleet, autojump_clock: MockClock) -> None:
    fleet.scripts["h:1"] = page("a 1\n")
    await status_of(fleet, enable_compression=False)
    assert fleet.requests[0][1].header("accept-encoding") == "identity"


async def test_one_connection_for_all_scrapes(fleet: Fleet, autojump_clock: MockClock) -> None:
    fleet.scripts["h:1"] = page("a 1\n")
    await status_of(fleet, 5)
    assert len(fleet.requests) == 5
    assert fleet.connections == 1


@pytest.mark.parametrize(
    ("reply", "settings", "reason"),
    [
        pytest.param(Reply(status=500), {}, "HTTP status 500 Internal Server Error", id="an error"),
        pytest.param(Reply("a 1\n", status=204), {}, "HTTP status 204", id="success is 200 only"),
        pytest.param(Reply("a 1\n", status=799), {}, "HTTP status 799", id="an odd status"),
        pytest.param(Reply("a 1\n", delay_s=5), {}, "no answer within 4s", id="too slow a head"),
        pytest.param(Reply("a 1\n", then_silent=True), {}, "within 4s", id="too slow a body"),
        pytest.param(Reply("a 1\nb{ 2\n"), {}, "line 2: expected a label name", id="a bad line"),
        pytest.param(
            Reply("a 1\nb 2\n"), {"body_size_limit_bytes": 8}, "8 bytes|7 bytes", id="a large body"
        ),
        pytest.param(
            Reply("a 1\nb 2\n"), {"max_scrape_size_bytes": 7}, "7 bytes", id="larger than vmagent's"
        ),
        pytest.param(
            Reply("a 1\nb 2\n"), {"sample_limit": 1}, "sample_limit 1 exceeded", id="many samples"
        ),
        pytest.param(
            Reply('a{x="1"} 1\n'), {"label_limit": 3}, "label_limit 3 exceeded", id="many labels"
        ),
    ],
)
async def test_a_bad_answer_is_a_target_that_is_down(
    fleet: Fleet, autojump_clock: MockClock, reply: Reply, settings: dict[str, object], reason: str
) -> None:
    fleet.scripts["h:1"] = lambda number: reply
    status = await status_of(fleet, 2, **settings)
    assert (status.health, set(fleet.values("up"))) == ("down", {0})
    assert any(part in status.last_error for part in reason.split("|"))
    assert fleet.of("a") == []


async def test_a_lenient_job_skips_bad_lines_and_tells(
    fleet: Fleet, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    fleet.scripts["h:1"] = lambda number: Reply("a 1\nb{ 2\nc 3\nd é\n" if number < 2 else "a 1\n")
    manager = fleet.manager()
    await fleet.nursery.start(manager.run, [job_of("h:1", lenient_parse=True)], {})
    await fleet.wait_puts(2)
    (status,), (pool,) = manager.active_targets(), manager.statistics().pools
    assert (status.health, fleet.values("a"), fleet.values("c")) == ("up", [1, 1], [3, 3])
    assert status.bad_lines[0] == "line 2: expected a label name or }: 'b{ 2'"
    assert status.bad_lines[1].endswith(": 'd é'")
    assert (status.bad_lines_total, pool.counts.bad_lines, pool.counts.invalid) == (4, 4, 0)
    await fleet.wait_puts(3)
    (status,) = manager.active_targets()
    assert (status.bad_lines, status.bad_lines_total) == ((), 4)
    # Once, not at each scrape.
    assert sum("bad lines" in record.message for record in caplog.records) == 1


async def test_a_histogram_with_too_many_buckets_is_counted_apart(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    buckets = "".join(f'h_bucket{{le="{bound}"}} {bound}\n' for bound in range(1, 4))
    fleet.scripts["h:1"] = page(f"# TYPE h histogram\n{buckets}h_count 4\nh_sum 1\n")
    settings = {"convert_classic_histograms_to_nhcb": True, "native_histogram_bucket_limit": 2}
    manager = fleet.manager()
    await fleet.nursery.start(manager.run, [job_of("h:1", **settings)], {})
    await fleet.wait_puts(1)
    (status,), (pool,) = manager.active_targets(), manager.statistics().pools
    limit = "native_histogram_bucket_limit 2 exceeded"
    assert status.last_error == f"{limit}: 4 buckets at schema -53: '{{\"h\"}} '"
    assert (pool.counts.over_bucket_limit, pool.counts.failed) == (1, 1)


async def test_a_body_of_the_very_limit_passes(fleet: Fleet, autojump_clock: MockClock) -> None:
    fleet.scripts["h:1"] = page("a 1\nb 2\n")
    status = await status_of(fleet, body_size_limit_bytes=9, max_scrape_size_bytes=8)
    assert (status.health, status.body_bytes) == ("up", 8)


async def test_nobody_there(fleet: Fleet, autojump_clock: MockClock) -> None:
    status = await status_of(fleet)
    assert status.health == "down"
    assert fleet.values("up")[0] == 0


async def test_a_target_that_comes_back(fleet: Fleet, autojump_clock: MockClock) -> None:
    fleet.scripts["h:1"] = lambda number: Reply("a 1\n", status=500 if number == 1 else 200)
    status = await status_of(fleet, 3)
    assert fleet.values("up") == [1, 0, 1]
    assert fleet.values("a") == [1, STALE, 1]
    assert (status.health, status.last_error) == ("up", "")
    assert (status.scrapes_total, status.scrapes_failed_total) == (3, 1)
    assert (status.samples_scraped, status.samples_post_relabel) == (1, 1)


async def test_a_target_that_is_slow_delays_no_other(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    fleet.scripts["h:1"] = lambda number: Reply("a 1\n", delay_s=100)
    fleet.scripts["h:2"] = page("b 1\n")
    await fleet.nursery.start(fleet.manager().run, [job_of("h:1", "h:2")], {})
    await fleet.wait_puts(9)
    stamps = [stamp for _, _, stamp in fleet.of("b")]
    assert [stamp - stamps[0] for stamp in stamps][:4] == [0, 10_000, 20_000, 30_000]


@pytest.mark.parametrize("step_ms", [25_000, -25_000, 1_700_000_000_123, -1_700_000_000_123])
async def test_after_a_step_of_the_clock_scrapes_stand_on_its_grid(
    fleet: Fleet, autojump_clock: MockClock, step_ms: int
) -> None:
    fleet.scripts["h:1"] = page("a 1\n")
    manager = fleet.manager()
    await fleet.nursery.start(manager.run, [job_of("h:1")], {})
    await trio.sleep(25)
    before = fleet.of("up")
    fleet.ahead_ms += step_ms
    await trio.sleep(40)
    after = fleet.of("up")[len(before) :]
    # The one that was waited for comes when it would have come; the rest is the new grid.
    phase = before[0][2] % 10_000
    assert [stamp % 10_000 for _, _, stamp in after[1:]] == [phase] * len(after[1:])
    assert len(after) in (4, 5)
    assert manager.statistics().pools[0].counts.missed == 0


async def test_a_mistake_of_ours_costs_one_scrape_of_one_target(
    fleet: Fleet, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    fleet.scripts["h:1"] = page("a 1\n")
    client_for = fleet.client_for()
    made: list[str] = []

    def fails_once(target: Target, setup: JobSetup) -> Client:
        made.append(target.url)
        if len(made) == 1:
            raise ZeroDivisionError("what nobody thought of")
        return client_for(target, setup)

    manager = Manager(
        fleet,
        contexts=TlsContexts(),
        version="test",
        wall_ms=fleet.wall_ms,
        client_for=fails_once,
        seed=0,
    )
    await fleet.nursery.start(manager.run, [job_of("h:1")], {})
    await fleet.wait_puts(2)
    assert fleet.values("up") == [0, 1]
    assert "internal error" in caplog.text


async def test_the_reports_of_both_peers(fleet: Fleet, autojump_clock: MockClock) -> None:
    fleet.scripts["h:1"] = lambda number: Reply("a 1\nb 1\nc 1\n", status=500 if number else 200)
    await status_of(
        fleet,
        2,
        extra_scrape_metrics=True,
        vmagent_report_series=True,
        sample_limit=9,
        label_limit=8,
        series_limit=2,
    )
    assert [name.partition("{")[0] for name, *_ in fleet.puts[0]][:2] == ["a", "b"]
    assert {name: fleet.values(name) for name in MORE_REPORTS} == MORE_REPORTS


MORE_REPORTS = {
    "scrape_timeout_seconds": [4, 4],
    "scrape_sample_limit": [9, 9],
    "scrape_samples_limit": [9, 9],
    "scrape_labels_limit": [8, 8],
    "scrape_body_size_bytes": [12, 0],
    "scrape_response_size_bytes": [12, 0],
    "scrape_series_current": [2, 2],
    "scrape_series_limit": [2, 2],
    "scrape_series_limit_samples_dropped": [1, 0],
    "c": [],
}


async def test_a_body_that_is_too_large_is_reported_as_such(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    fleet.scripts["h:1"] = page("a 1\n" * 100)
    await status_of(fleet, extra_scrape_metrics=True, body_size_limit_bytes=100)
    assert fleet.values("scrape_body_size_bytes") == [-1]


async def test_a_failure_is_noted_in_the_log_of_the_job(
    fleet: Fleet, autojump_clock: MockClock, tmp_path: Path
) -> None:
    fleet.scripts["h:1"] = lambda number: Reply(status=503)
    path = tmp_path / "failures.log"
    manager = fleet.manager()
    with trio.CancelScope() as scope:
        async with trio.open_nursery() as nursery:
            job = job_of("h:1", scrape_failure_log_file=str(path))
            await nursery.start(manager.run, [job], {})
            await fleet.wait_puts(1)
            scope.cancel()
    fields = json.loads(path.read_text())
    assert fields["msg"] == "server returned HTTP status 503 Service Unavailable"
    assert (fields["job_name"], fields["target"]) == ("j", "http://h:1/metrics")


async def test_an_aligned_target_is_scraped_at_its_offset(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    fleet.scripts["h:1"] = page("a 1\n")
    await status_of(fleet, 2, scrape_align_interval_s=60.0, scrape_offset_s=3.0)
    assert [stamp % 10_000 for _, _, stamp in fleet.of("up")] == [3000, 3000]


async def test_errors_of_scrapes_may_be_kept_out_of_the_log(
    fleet: Fleet, autojump_clock: MockClock, caplog: pytest.LogCaptureFixture
) -> None:
    await status_of(fleet, 2, suppress_scrape_errors=True)
    assert fleet.values("up") == [0, 0]
    assert not caplog.records
