"""Cases of Prometheus' scrape_test.go and manager_test.go that are scenes: pages one after the
other, reloads between. The inventory of all functions: tests/scraper/PEERS.md.
"""

from contextlib import nullcontext
from itertools import pairwise

import pytest
import trio
from trio.testing import MockClock

from relabel.rule import RelabelRule
from scraper.exposition.errors import ExpositionError
from scraper.exposition.negotiation import Format
from scraper.exposition.outline import Outlines
from scraper.scrape import SampleCounts, SampleLimitError, TargetScrape
from tests.scraper.batches import STALE, rows_of
from tests.scraper.exposition.families import delimited_families
from tests.scraper.exposition.test_protobuf import NATIVE, family
from tests.scraper.fleet import Fleet, Reply, job_of, page
from tests.scraper.steps import finish
from tests.scraper.test_scrape import setup_of, target_of
from tests.scraper.told import scraped

FAILS = Reply(status=500)
DOWN = {"up": 0, "scrape_samples_scraped": 0, "scrape_series_added": 0}


@pytest.fixture
def fleet(nursery: trio.Nursery) -> Fleet:
    return Fleet(nursery)


def numbers(report: dict[str, float | str]) -> tuple[object, ...]:
    """up, scraped, after relabelling, added."""
    return (
        report["up"],
        report["scrape_samples_scraped"],
        report["scrape_samples_post_metric_relabeling"],
        report["scrape_series_added"],
    )


NO_NAME = RelabelRule(action="labeldrop", regex="__name__", if_=('{drop="drop"}',))
DELETES = RelabelRule(action="drop", source_labels=("deleteme",), regex="yes")
KEEP = RelabelRule(action="keep", source_labels=("__name__",), regex="test_metric.*$")
DROP_2 = RelabelRule(action="drop", source_labels=("__name__",), regex="test_metric_2$")
NINE = (
    'a 1\nb 1\nc{deleteme="yes"} 1\nd 1\ne 1\nf 1\ng 1\nh{deleteme="yes"} 1\ni{deleteme="yes"} 1\n'
)


@pytest.mark.parametrize(
    ("settings", "pages", "samples", "figures"),
    [
        pytest.param(
            {},
            ["test_metric 1\n", "test_metric 1\n"],
            [["test_metric 1"], ["test_metric 1"]],
            [(1, 1, 1, 1), (1, 1, 1, 0)],
            id="SeriesAdded",
        ),
        pytest.param(
            {},
            [
                "test_metric 1\ntest_metric 2\ntest_metric 3\n",
                "test_metric 1\ntest_metric 1\ntest_metric 1\n",
                "test_metric 1 1001\ntest_metric 1 1002\ntest_metric 1 1003\n",
            ],
            [
                ["test_metric 1"],
                ["test_metric 1"],
                # A series that has timestamps now is tracked no more and so marked: in Prometheus
                # too, where only samples without one keep it (trackStaleness, forEachStale).
                [
                    *(f"test_metric 1 @{stamp}" for stamp in (1001, 1002, 1003)),
                    "test_metric stale",
                ],
            ],
            [(1, 3, 3, 1), (1, 3, 3, 0), (1, 3, 3, 0)],
            id="SeriesAddedDuplicates",
        ),
        pytest.param(
            {"sample_limit": 1, "metric_relabel_configs": (DELETES,)},
            ["metric_a 1\nmetric_b 1\nmetric_c 1\n", NINE],
            [[], []],
            # Prometheus says 1 added: it stores as it reads, and takes it back.
            [(0, 3, 3, 0), (0, 9, 6, 0)],
            id="AppendSampleLimit",
        ),
        pytest.param(
            {"sample_limit": 4},
            ["a 1\nb 1\nc 1\n", "a 1\nb 1\nc 1\nd 1\ne 1\nf 1\n", "a 1\nb 1\n"],
            # The failed scrape ends all at once; in Prometheus' loop it does as well.
            [["a 1", "b 1", "c 1"], ["a stale", "b stale", "c stale"], ["a 1", "b 1"]],
            [(1, 3, 3, 3), (0, 6, 6, 0), (1, 2, 2, 0)],
            id="AppendSampleLimitWithDisappearingSeries",
        ),
        pytest.param(
            {"sample_limit": 4},
            ["a 1\nb 1\nc 1\nd 1\n", "e 1\nf 1\ng 1\nh 1\n"],
            [
                ["a 1", "b 1", "c 1", "d 1"],
                ["e 1", "f 1", "g 1", "h 1", "a stale", "b stale", "c stale", "d stale"],
            ],
            [(1, 4, 4, 4), (1, 4, 4, 4)],
            id="AppendSampleLimitReplaceAllSamples",
        ),
        pytest.param(
            {"sample_limit": 5},
            ["a 44\nb 44\nc 44\nd 44\n"],
            [["a 44", "b 44", "c 44", "d 44"]],
            [(1, 4, 4, 4)],
            id="ScrapeReportLimit: the report is not counted",
        ),
        pytest.param(
            {},
            ["metric_a 42\n", FAILS, "metric_a 42\n", FAILS, FAILS],
            [["metric_a 42"], ["metric_a stale"], ["metric_a 42"], ["metric_a stale"], []],
            [(1, 1, 1, 1), (0, 0, 0, 0), (1, 1, 1, 0), (0, 0, 0, 0), (0, 0, 0, 0)],
            id="RunCreatesStaleMarkersOnFailedScrape",
        ),
        pytest.param(
            {},
            ["metric_a 42\n", "7&-\n", "metric_a 42\n"],
            [["metric_a 42"], ["metric_a stale"], ["metric_a 42"]],
            [(1, 1, 1, 1), (0, 0, 0, 0), (1, 1, 1, 0)],
            id="RunCreatesStaleMarkersOnParseFailure",
        ),
        pytest.param(
            {"sample_limit": 1},
            ["metric_a 10\n", "metric_a 42\nmetric_b 1\n", "metric_a 42\n"],
            [["metric_a 10"], ["metric_a stale"], ["metric_a 42"]],
            [(1, 1, 1, 1), (0, 2, 2, 0), (1, 1, 1, 0)],
            id="RunCreatesStaleMarkersOnSampleLimit",
        ),
        pytest.param(
            {"track_timestamps_staleness": True},
            ["metric_a 42 1000\n", FAILS],
            [["metric_a 42 @1000"], ["metric_a stale"]],
            [(1, 1, 1, 1), (0, 0, 0, 0)],
            id="CreatesStaleMarkersOnFailedScrapeForTimestampedMetrics",
        ),
        pytest.param(
            {},
            ["metric_a 1 1000\n", ""],
            [["metric_a 1 @1000"], []],
            [(1, 1, 1, 1), (1, 0, 0, 0)],
            id="AppendNoStalenessIfTimestamp",
        ),
        pytest.param(
            {"track_timestamps_staleness": True},
            ["metric_a 1 1000\n", ""],
            [["metric_a 1 @1000"], ["metric_a stale"]],
            [(1, 1, 1, 1), (1, 0, 0, 0)],
            id="AppendStalenessIfTrackTimestampStaleness",
        ),
        pytest.param(
            {},
            ["metric_a 42\nmetric_b 43\n", FAILS, "metric_a 44\n", FAILS],
            [
                ["metric_a 42", "metric_b 43"],
                ["metric_a stale", "metric_b stale"],
                ["metric_a 44"],
                ["metric_a stale"],
            ],
            [(1, 2, 2, 2), (0, 0, 0, 0), (1, 1, 1, 0), (0, 0, 0, 0)],
            id="Cache: 3 samples, 3 markers, 4 reports",
        ),
        pytest.param(
            {},
            ['metric_a{a="1",b="1"} 1\n', 'metric_a{b="1",a="1"} 2\n'],
            [['metric_a{a="1",b="1"} 1'], ['metric_a{a="1",b="1"} 2']],
            [(1, 1, 1, 1), (1, 1, 1, 1)],
            id="ChangingMetricString",
        ),
        pytest.param(
            {},
            ['metric_a{a="1",b="1"} 1 0\n'],
            [['metric_a{a="1",b="1"} 1 @0']],
            [(1, 1, 1, 1)],
            id="RespectTimestamps",
        ),
        pytest.param(
            {"honor_timestamps": False},
            ['metric_a{a="1",b="1"} 1 0\n'],
            [['metric_a{a="1",b="1"} 1']],
            [(1, 1, 1, 1)],
            id="DiscardTimestamps",
        ),
        pytest.param(
            {},
            ['m{le="500"} 1\nm{le="600",le="700"} 1\n', 'm{le="500"} 1\n'],
            [[], ['m{le="500"} 1']],
            [(0, 0, 0, 0), (1, 1, 1, 1)],
            id="DiscardDuplicateLabels: the good one before it as well",
        ),
        pytest.param(
            {"metric_relabel_configs": (NO_NAME,)},
            ['nok 1\nnok2{drop="drop"} 1\n'],
            [[]],
            [(0, 0, 0, 0)],
            id="DiscardUnnamedMetrics",
        ),
        pytest.param(
            {"metric_name_validation_scheme": "legacy"},
            ['{"test.metric"} 1\n'],
            [[]],
            [(0, 0, 0, 0)],
            id="FailLegacyUnderUTF8",
        ),
        pytest.param(
            {},
            ['{"with.dots"} 42\n'],
            [["with.dots 42"]],
            [(1, 1, 1, 1)],
            id="ScrapeUTF8",
        ),
        pytest.param(
            {},
            ["a\xff{} 1\n"],
            [[]],
            [(0, 0, 0, 0)],
            id="a name that must be quoted and is not",
        ),
        pytest.param(
            {"metric_relabel_configs": (KEEP, DROP_2)},
            ["test_metric_1 1\n", "test_metric_2 1\n", "unwanted_metric 1\n"],
            [["test_metric_1 1"], ["test_metric_1 stale"], []],
            [(1, 1, 1, 1), (1, 1, 0, 0), (1, 1, 0, 0)],
            id="DropsSeriesFromMetricRelabeling",
        ),
        pytest.param(
            {"no_stale_markers": True},
            ["metric_a 42\n", FAILS, "metric_b 1\n"],
            [["metric_a 42"], [], ["metric_b 1"]],
            [(1, 1, 1, 1), (0, 0, 0, 0), (1, 1, 1, 1)],
            id="-promscrape.noStaleMarkers",
        ),
    ],
)
async def test_pages(
    fleet: Fleet,
    autojump_clock: MockClock,
    settings: dict[str, object],
    pages: list[str | Reply],
    samples: list[list[str]],
    figures: list[tuple[int, ...]],
) -> None:
    _, told = await scraped(fleet, pages, None, **settings)
    assert [scrape.samples for scrape in told] == samples
    assert [numbers(scrape.report) for scrape in told] == figures


async def test_what_cannot_be_stored_is_counted(fleet: Fleet, autojump_clock: MockClock) -> None:
    """AppendGracefullyIfAmendOrOutOfOrderOrOutOfBounds; storage is ours to judge."""
    far_ms = fleet.wall_ms() + 3_600_000
    pages = ["late 1 5\n", f"late 1 4\nsame 1\nsame 2\nnormal 1\nfar 1 {far_ms}\n"]
    manager, told = await scraped(fleet, pages)
    assert told[1].samples == ["same 1", "normal 1"]
    assert numbers(told[1].report)[:3] == (1, 5, 5)
    counts = manager.statistics().pools[0].counts.samples
    assert (counts.duplicates, counts.out_of_order, counts.out_of_bounds) == (1, 1, 1)


@pytest.mark.parametrize(
    ("labels", "text", "settings", "fails"),
    [
        pytest.param({}, 'm{l1="1", l2="2"} 0', {"label_limit": 5}, False, id="few labels"),
        pytest.param(
            {},
            'm{l1="1",l2="2",l3="3",l4="4",l5="5",l6="6"} 0',
            {"label_limit": 7},
            True,
            id="too many, name, job and instance counted",
        ),
        pytest.param(
            {"l5": "5", "l6": "6"},
            'm{l1="1",l2="2",l3="3",l4="4"} 0',
            {"label_limit": 7},
            True,
            id="too many with those of discovery",
        ),
        pytest.param({}, 'm{l1="1"} 0', {"label_name_length_limit": 10}, False, id="short names"),
        pytest.param(
            {}, 'm{label_name_too_long="0"} 0', {"label_name_length_limit": 10}, True, id="long one"
        ),
        pytest.param(
            {"label_name_too_long": "0"},
            'm{l1="1"} 0',
            {"label_name_length_limit": 10},
            True,
            id="a long one of discovery",
        ),
        pytest.param({}, 'm{l1="1"} 0', {"label_value_length_limit": 10}, False, id="short value"),
        pytest.param(
            {},
            'm{l1="label_value_too_long"} 0',
            {"label_value_length_limit": 10},
            True,
            id="a long value",
        ),
        pytest.param(
            {"l1": "label_value_too_long"},
            'm{l1="1"} 0',
            {"label_value_length_limit": 10},
            True,
            id="a long one of discovery's",
        ),
    ],
)
async def test_label_limits(
    fleet: Fleet,
    autojump_clock: MockClock,
    labels: dict[str, str],
    text: str,
    settings: dict[str, object],
    fails: bool,
) -> None:
    _, (told,) = await scraped(fleet, [f"{text}\n"], labels, **settings)
    assert told.report["up"] == (0 if fails else 1)
    assert bool(told.samples) is not fails


async def test_a_target_limit_that_comes_and_goes(fleet: Fleet, autojump_clock: MockClock) -> None:
    """TestScrapePoolTargetLimit: over it all fail, back within it all are scraped again."""
    addresses = [f"h:{number}" for number in range(1, 6)]
    for address in addresses:
        fleet.scripts[address] = page("a 1\n")
    manager = fleet.manager()
    await fleet.nursery.start(manager.run, [job_of(*addresses)], {})
    for limit, count, message in (
        (0, 5, ""),
        (3, 5, "target_limit 3 exceeded: 5 targets"),
        (5, 5, ""),
        (4, 5, "target_limit 4 exceeded: 5 targets"),
        (4, 4, ""),
        (4, 5, "target_limit 4 exceeded: 5 targets"),
        (0, 5, ""),
    ):
        manager.apply([job_of(*addresses[:count], target_limit=limit)], {})
        await trio.sleep(25)
        errors = [status.last_error for status in manager.active_targets()]
        assert errors == [message] * count


async def test_a_reload_keeps_times_that_labels_say(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    """TestScrapePoolReloadPreserveRelabeledIntervalTimeout."""
    labels = {"__scrape_interval__": "5s", "__scrape_timeout__": "3s"}
    manager, _ = await scraped(fleet, ["a 1\n"], labels)
    (before,) = manager.active_targets()
    assert (before.interval_s, before.timeout_s) == (5, 3)
    rules = (
        RelabelRule(target_label="__scrape_interval__", replacement="5s"),
        RelabelRule(target_label="__scrape_timeout__", replacement="3s"),
    )
    for interval_s in (30.0, 40.0):
        manager.apply([job_of("h:1", relabel_configs=rules, scrape_interval_s=interval_s)], {})
        await trio.sleep(12)
        (status,) = manager.active_targets()
        assert (status.interval_s, status.timeout_s) == (5, 3)
    stamps = [stamp for _, value, stamp in fleet.of("up") if value != STALE]
    assert {after - before for before, after in pairwise(stamps)} == {5000}


@pytest.mark.parametrize(
    ("settings", "marks"),
    [
        pytest.param({"scrape_timeout_s": 5.0}, False, id="the timeout"),
        pytest.param({"scrape_interval_s": 20.0}, False, id="the interval"),
        pytest.param({"sample_limit": 1000}, False, id="a limit"),
        pytest.param({"honor_timestamps": False}, False, id="timestamps"),
        pytest.param({"metrics_path": "/metrics2"}, True, id="the path: another target"),
        pytest.param({"params": {"a": ("b",)}}, True, id="parameters"),
        pytest.param({"scheme": "https"}, True, id="the scheme"),
    ],
)
async def test_what_a_reload_takes_over(
    fleet: Fleet, autojump_clock: MockClock, settings: dict[str, object], marks: bool
) -> None:
    """TestReusableConfig, TestReuseScrapeCache: series go on, or end with their target."""
    manager, _ = await scraped(fleet, ["a 1\n"])
    manager.apply([job_of("h:1", **settings)], {})
    await trio.sleep(0.1)
    ended = {name for name, value, _ in fleet.rows if value == STALE}
    assert bool(ended) is marks


async def test_offsets_are_spread_and_kept(fleet: Fleet, autojump_clock: MockClock) -> None:
    """TestScrapeOffsetDistribution."""
    addresses = [f"target-{number}.local:80" for number in range(5)]
    for address in addresses:
        fleet.scripts[address] = page("expected_metric 1\n")
    job = job_of(*addresses, scrape_interval_s=5.0)
    await fleet.nursery.start(fleet.manager().run, [job], {})
    await trio.sleep(21)
    by_target: dict[str, list[int]] = {}
    for name, _, stamp in fleet.of("up"):
        by_target.setdefault(name, []).append(stamp)
    assert len(by_target) == 5
    assert len({stamps[0] % 5000 for stamps in by_target.values()}) >= 4
    for stamps in by_target.values():
        assert [after - before for before, after in pairwise(stamps)] == [5000] * (len(stamps) - 1)


def core_of(**settings: object) -> TargetScrape:
    setup = setup_of(**settings)  # type: ignore[arg-type]
    return TargetScrape(setup, target_of(setup), SampleCounts(), Outlines())


def test_a_page_of_openmetrics_without_its_end() -> None:
    """TestScrapeAppendWithParseError: nothing of it is stored, and nothing has to be marked."""
    core = core_of()
    with pytest.raises(ExpositionError, match="# EOF"):
        finish(core.render(b"metric_a 1\n", 1000, Format.OPENMETRICS))
    assert core.fail(1000) == ()
    good = finish(core.render(b"metric_a 11\n# EOF", 16_000, Format.OPENMETRICS))
    assert rows_of(good.batches) == [('metric_a{instance="h:1",job="j"}', 11.0, 16_000)]
    assert (good.scraped, good.post_relabel, good.series_added) == (1, 1, 1)


@pytest.mark.parametrize(("sample_limit", "fails"), [(2, True), (3, False)])
def test_sample_limit_counts_native_histograms(sample_limit: int, fails: bool) -> None:
    """TestAppendWithSampleLimitAndNativeHistogram: a float and two histograms."""
    families = [family(1, gauge={"value": 1}), *(family(4, histogram=NATIVE) for _ in range(2))]
    for number, each in enumerate(families):
        each.name = f"m{number}"
    core = core_of(sample_limit=sample_limit, scrape_native_histograms=True)
    steps = core.render(delimited_families(*families), 1000, Format.PROTOBUF)
    with pytest.raises(SampleLimitError) if fails else nullcontext():
        assert finish(steps).post_relabel == 3


async def test_a_failed_first_scrape_reports_and_marks_nothing(
    fleet: Fleet, autojump_clock: MockClock
) -> None:
    """RunReportsTargetDownOnScrapeError."""
    _, (told,) = await scraped(fleet, [FAILS])
    assert told.samples == []
    assert {name: told.report[name] for name in DOWN} == DOWN
