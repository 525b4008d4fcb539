"""Jobs and targets come, change and go; what is not touched goes on undisturbed."""

import pytest
import trio
from trio.testing import MockClock

from relabel.errors import RuleError
from relabel.rule import RelabelRule
from scraper.manager import Manager
from scraper.settings import ScrapeJob
from tests.scraper.batches import STALE
from tests.scraper.fleet import Fleet, Reply, job_of, page
from transport.settings import HttpSettings

RENAME = RelabelRule(
    source_labels=("__name__",), regex="a", target_label="__name__", replacement="z"
)
BAD = RelabelRule(action="nonsense")


@pytest.fixture
def fleet(nursery: trio.Nursery) -> Fleet:
    fleet = Fleet(nursery)
    for number in range(1, 10):
        fleet.scripts[f"h:{number}"] = page("a 1\n")
    return fleet


async def running(fleet: Fleet, *jobs: ScrapeJob) -> Manager:
    manager = fleet.manager()
    await fleet.nursery.start(manager.run, jobs, {})
    return manager


def marked(fleet: Fleet) -> list[str]:
    """The instances (and metrics) that were marked as ended, sorted."""
    return sorted({name for name, value, _ in fleet.rows if value == STALE})


def urls(manager: Manager) -> list[str]:
    return sorted([status.url for status in manager.active_targets()])


async def test_targets_are_known_once_it_has_started(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    manager = await running(fleet, job_of("h:1", "h:2"), job_of("h:3", job_name="k"))
    assert urls(manager) == [f"http://h:{number}/metrics" for number in (1, 2, 3)]
    assert {status.health for status in manager.active_targets()} == {"unknown"}


async def test_the_first_scrape_comes_within_an_interval(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    await running(fleet, job_of(*fleet.scripts))
    await trio.sleep(10.01)
    assert {name for name, _, _ in fleet.of("up")} == {
        f'up{{instance="{address}",job="j"}}' for address in fleet.scripts
    }
    # They are spread.
    assert len({stamp for _, _, stamp in fleet.of("up")}) > 4


async def test_an_equal_configuration_changes_nothing(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    manager = await running(fleet, job_of("h:1"))
    await fleet.wait_puts(2)
    manager.apply([job_of("h:1")], {})
    await fleet.wait_puts(4)
    stamps = [stamp for _, _, stamp in fleet.of("up")]
    assert [stamp - stamps[0] for stamp in stamps] == [0, 10_000, 20_000, 30_000]
    assert (fleet.connections, marked(fleet)) == (1, [])


async def test_a_target_that_is_gone_is_marked_at_once_with_its_report(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    manager = await running(fleet, job_of("h:1", "h:2"))
    await fleet.wait_puts(2)
    manager.apply([job_of("h:2")], {})
    await fleet.wait_puts(3)
    assert marked(fleet) == [
        f'{metric}{{instance="h:1",job="j"}}'
        for metric in (
            "a",
            "scrape_duration_seconds",
            "scrape_samples_post_metric_relabeling",
            "scrape_samples_scraped",
            "scrape_series_added",
            "up",
        )
    ]
    assert urls(manager) == ["http://h:2/metrics"]


async def test_a_job_that_is_gone_is_marked_too(fleet: Fleet, autojump_clock: MockClock) -> None:
    manager = await running(fleet, job_of("h:1"), job_of("h:2", job_name="k"))
    await fleet.wait_puts(2)
    manager.apply([job_of("h:1")], {})
    await fleet.wait_puts(3)
    assert len(marked(fleet)) == 6
    assert all('job="k"' in name for name in marked(fleet))


async def test_the_end_of_the_agent_marks_nothing(fleet: Fleet, autojump_clock: MockClock) -> None:
    async with trio.open_nursery() as inner:
        manager = fleet.manager()
        await inner.start(manager.run, [job_of("h:1")], {})
        await fleet.wait_puts(1)
        inner.cancel_scope.cancel()
    assert marked(fleet) == []


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        pytest.param({}, {"scrape_interval_s": 20.0}, [], id="the interval"),
        pytest.param({}, {"sample_limit": 10}, [], id="a limit"),
        pytest.param({}, {"metric_relabel_configs": (RENAME,)}, ["a"], id="a rule"),
        pytest.param({}, {"http": HttpSettings(follow_redirects=False)}, [], id="how to connect"),
    ],
)
async def test_a_changed_job_goes_on_with_its_series(
    fleet: Fleet,
    autojump_clock: MockClock,
    before: dict[str, object],
    after: dict[str, object],
    names: list[str],
) -> None:
    manager = await running(fleet, job_of("h:1", **before))
    await fleet.wait_puts(1)
    manager.apply([job_of("h:1", **after)], {})
    await fleet.wait_puts(3)
    assert [name.partition("{")[0] for name in marked(fleet)] == names
    (status,) = manager.active_targets()
    assert status.scrapes_total == 3


async def test_a_changed_interval_keeps_the_connection(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    manager = await running(fleet, job_of("h:1"))
    await fleet.wait_puts(1)
    manager.apply([job_of("h:1", scrape_interval_s=20.0)], {})
    await fleet.wait_puts(3)
    assert fleet.connections == 1
    stamps = [stamp for _, _, stamp in fleet.of("up")]
    assert stamps[2] - stamps[1] == 20_000


async def test_other_settings_of_the_connection_open_another(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    manager = await running(fleet, job_of("h:1"))
    await fleet.wait_puts(1)
    manager.apply([job_of("h:1", http=HttpSettings(follow_redirects=False))], {})
    await fleet.wait_puts(2)
    assert fleet.connections == 2


async def test_changed_external_labels_mark_what_had_the_old_ones(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    manager = await running(fleet, job_of("h:1"))
    await fleet.wait_puts(1)
    manager.apply([job_of("h:1")], {"region": "n"})
    await fleet.wait_puts(2)
    assert len(marked(fleet)) == 6
    assert not any("region" in name for name in marked(fleet))
    assert 'a{instance="h:1",job="j",region="n"}' in [name for name, _, _ in fleet.puts[1]]


async def test_a_bad_rule_leaves_all_as_it_was(fleet: Fleet, autojump_clock: MockClock) -> None:
    manager = await running(fleet, job_of("h:1"))
    with pytest.raises(RuleError):
        manager.apply([job_of("h:1", relabel_configs=(BAD,)), job_of("h:2", job_name="k")], {})
    await fleet.wait_puts(2)
    assert urls(manager) == ["http://h:1/metrics"]


async def test_a_scrape_under_way_does_not_hold_up_a_reload(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    fleet.scripts["h:1"] = lambda number: Reply("a 1\n", delay_s=100)
    manager = await running(fleet, job_of("h:1", scrape_timeout_s=10.0))
    await trio.sleep(10.05)
    assert len(fleet.requests) == 1
    manager.apply([job_of("h:2")], {})
    await trio.sleep(0.01)
    assert urls(manager) == ["http://h:2/metrics"]


async def test_many_reloads_at_once_end_with_the_last(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    manager = await running(fleet, job_of("h:1"))
    for number in range(2, 10):
        manager.apply([job_of(f"h:{number}")], {})
        if number % 3 == 0:
            await trio.lowlevel.checkpoint()
    await trio.sleep(0.1)
    assert urls(manager) == ["http://h:9/metrics"]


async def test_dropped_targets_are_listed(fleet: Fleet, autojump_clock: MockClock) -> None:
    drop = RelabelRule(action="drop", source_labels=("__address__",), regex="h:2")
    manager = await running(fleet, job_of("h:1", "h:2", "h:1", relabel_configs=(drop,)))
    reasons = [dropped.reason.partition(":")[0] for dropped in manager.dropped_targets()]
    assert reasons == ["dropped by relabel_configs", "duplicate"]
    (pool,) = manager.statistics().pools
    assert (pool.targets_unknown, pool.targets_dropped) == (1, 2)


async def test_too_many_targets_are_all_down(fleet: Fleet, autojump_clock: MockClock) -> None:
    manager = await running(fleet, job_of("h:1", "h:2", target_limit=1))
    await fleet.wait_puts(2)
    errors = {status.last_error for status in manager.active_targets()}
    assert errors == {"target_limit 1 exceeded: 2 targets"}
    assert fleet.requests == []
    manager.apply([job_of("h:1", "h:2", target_limit=2)], {})
    await fleet.wait_puts(4)
    assert {status.health for status in manager.active_targets()} == {"up"}


async def test_counts_outlive_targets(fleet: Fleet, autojump_clock: MockClock) -> None:
    manager = await running(fleet, job_of("h:1", "h:2"))
    await fleet.wait_puts(2)
    manager.apply([job_of("h:2")], {})
    await fleet.wait_puts(4)
    (pool,) = manager.statistics().pools
    assert (pool.counts.scrapes, pool.counts.samples.stored) == (3, 3)
    assert pool.targets_up == 1


async def test_credentials_in_an_address_are_sent_and_change_with_discovery(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    manager = await running(fleet, job_of("http://ada:pw@h:1/metrics"))
    await fleet.wait_puts(1)
    manager.apply([job_of("http://ada:other@h:1/metrics")], {})
    await fleet.wait_puts(2)
    sent = [request.header("authorization") for _, request in fleet.requests]
    assert sent == ["Basic YWRhOnB3", "Basic YWRhOm90aGVy"]
    assert (fleet.connections, marked(fleet)) == (2, [])
    (status,) = manager.active_targets()
    assert "ada" not in f"{status}"


async def test_hosts_that_differ_in_external_labels_scrape_at_other_times(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    """As in Prometheus, so that two of a pair do not ask at once."""
    manager = await running(fleet, job_of("h:1"))
    phases = []
    for replica in ("a", "b", "a"):
        manager.apply([job_of("h:1")], {"replica": replica})
        await trio.sleep(25)
        phases.append(fleet.of("up")[-1][2] % 10_000)
    assert phases[0] == phases[2] != phases[1]
