"""The cases of vmagent's scrapework_test.go, scraped for real: page in, samples and report out.

The inventory of all peers' tests: tests/scraper/PEERS.md. Where promferry differs on purpose the
row says so and docs/differences.md has it.
"""

import pytest
import trio
from trio.testing import MockClock

from relabel.rule import RelabelRule
from tests.scraper.fleet import Fleet, Reply
from tests.scraper.told import scraped

XX = {"job": "xx"}
DROPS = (
    RelabelRule(action="drop", source_labels=("a", "c"), separator="", regex="^bd$"),
    RelabelRule(action="drop", source_labels=("__name__",), regex="dropme|up"),
)
TWO = 'foo{bar="baz"} 34.44\nbar{a="b",c="d"} -3e4\n'
ALL = ['foo{bar="baz"} 34.44', 'bar{a="b",c="d"} -30000']

LIMITED = {"scrape_series_limit", "scrape_series_current", "scrape_series_limit_samples_dropped"}


@pytest.fixture
def fleet(nursery: trio.Nursery) -> Fleet:
    return Fleet(nursery)


@pytest.mark.parametrize(
    ("page", "labels", "settings", "samples", "report"),
    [
        pytest.param(
            "",
            {},
            {},
            [],
            {
                "up": 1,
                "scrape_samples_scraped": 0,
                "scrape_response_size_bytes": 0,
                "scrape_samples_post_metric_relabeling": 0,
                "scrape_series_added": 0,
                "scrape_timeout_seconds": 4,
            },
            id="an empty page",
        ),
        pytest.param(
            '# TYPE foo gauge\nfoo{bar="baz",empty_label=""} 34.45 3\nabc -2\n',
            {},
            {"honor_timestamps": False},
            ['foo{bar="baz"} 34.45', "abc -2"],
            {"scrape_samples_scraped": 2, "scrape_series_added": 2},
            id="timestamps that are not honoured, and an empty label",
        ),
        pytest.param(
            '## HELP foo This is.\n## TYPE foo gauge\nfoo{bar="baz"} 34.45 3\nabc -2\n',
            {"foo": "x"},
            {},
            ['foo{bar="baz",foo="x"} 34.45 @3', 'abc{foo="x"} -2'],
            {"up": 1, "scrape_samples_scraped": 2},
            id="timestamps that are, and comments that say nothing",
        ),
        pytest.param(
            'foo{job="orig",bar="baz"} 34.45\nbar{y="2",job="aa",a="b",x="1"} -3e4 2345\n',
            {"job": "override"},
            {"honor_timestamps": False},
            [
                'foo{bar="baz",exported_job="orig",job="override"} 34.45',
                'bar{a="b",exported_job="aa",job="override",x="1",y="2"} -30000',
            ],
            {"up": 1},
            id="a label of the target wins",
        ),
        pytest.param(
            'a{instance="",job="some_job",label="val1",test=""} 5555\n'
            'b{instance="some_instance",job="some_job",label="val2",test=""} 1555\n',
            {"instance": "foobar", "job": "xxx"},
            {"honor_labels": True},
            [
                'a{job="some_job",label="val1"} 5555',
                'b{instance="some_instance",job="some_job",label="val2"} 1555',
            ],
            {"up": 1},
            id="an empty instance takes the target's away",
        ),
        pytest.param(
            'a{instance="",job="some_job",label="val1",test=""} 5555\n'
            'b{instance="some_instance",job="some_job",label="val2",test=""} 1555\n',
            {"instance": "foobar", "job": "xxx"},
            {},
            [
                'a{exported_job="some_job",instance="foobar",job="xxx",label="val1"} 5555',
                'b{exported_instance="some_instance",exported_job="some_job",instance="foobar",'
                'job="xxx",label="val2"} 1555',
            ],
            {"up": 1},
            id="but only where labels are honoured",
        ),
        pytest.param(
            'foo{job="orig",bar="baz"} 34.45\nbar{job="aa",a="b"} -3e4\n',
            {"job": "override"},
            {"honor_labels": True},
            ['foo{bar="baz",job="orig"} 34.45', 'bar{a="b",job="aa"} -30000'],
            {"up": 1},
            id="a label of the page wins",
        ),
        pytest.param(
            TWO,
            XX,
            {
                "honor_labels": True,
                "metric_relabel_configs": (
                    RelabelRule(
                        source_labels=("instance", "job"), separator="/", target_label="instance"
                    ),
                    RelabelRule(action="labeldrop", regex="c"),
                ),
            },
            [
                'foo{bar="baz",instance="h:1/xx",job="xx"} 34.44',
                'bar{a="b",instance="h:1/xx",job="xx"} -30000',
            ],
            {"up": 1, "scrape_samples_post_metric_relabeling": 2},
            id="rules that rewrite",
        ),
        pytest.param(
            TWO.replace('d"}', 'd",}') + 'dropme{foo="bar"} 334\ndropme{xxx="yy",ss="dsf"} 843\n',
            XX,
            {"honor_labels": True, "metric_relabel_configs": DROPS},
            ['foo{bar="baz",job="xx"} 34.44'],
            # vmagent counts dropped ones as added (4), Prometheus and we do not.
            {
                "up": 1,
                "scrape_samples_scraped": 4,
                "scrape_samples_post_metric_relabeling": 1,
                "scrape_series_added": 1,
            },
            id="rules that drop, but not the report",
        ),
        pytest.param(
            'up{bar="baz"} 34.44\nbar{a="b",c="d"} -3e4\nscrape_series_added 3.435\n',
            {},
            {},
            [
                'up{bar="baz"} 34.44',
                'bar{a="b",c="d"} -30000',
                "exported_scrape_series_added 3.435",
            ],
            {"up": 1, "scrape_series_added": 3},
            id="a series like one of the report",
        ),
        pytest.param(
            'up{bar="baz"} 34.44\nscrape_series_added 3.435\n',
            {},
            {"honor_labels": True},
            # vmagent stores both under one name then.
            ['up{bar="baz"} 34.44', "exported_scrape_series_added 3.435"],
            {"scrape_series_added": 2},
            id="even where labels are honoured",
        ),
        pytest.param(
            TWO,
            {},
            {"sample_limit": 2},
            ALL,
            {"up": 1, "scrape_samples_limit": 2, "scrape_samples_scraped": 2},
            id="just within sample_limit",
        ),
        pytest.param(
            TWO,
            {},
            {"sample_limit": 1, "series_limit": 123, "honor_labels": True},
            [],
            {
                "up": 0,
                "scrape_samples_scraped": 2,
                "scrape_response_size_bytes": 0,
                "scrape_samples_post_metric_relabeling": 2,
                "scrape_samples_limit": 1,
                "scrape_series_added": 0,
                "scrape_series_current": 0,
                "scrape_series_limit": 123,
                "scrape_series_limit_samples_dropped": 0,
            },
            id="over sample_limit",
        ),
        pytest.param(
            'foo{bar="baz"} 34.44\nbar{a="b",c="d",e="f"} -3e4\n',
            {},
            {"label_limit": 4, "honor_labels": True},
            [],
            # vmagent says 2 scraped: it checks labels when the page has been read.
            {
                "up": 0,
                "scrape_response_size_bytes": 0,
                "scrape_samples_post_metric_relabeling": 0,
                "scrape_series_added": 0,
                "scrape_labels_limit": 4,
            },
            id="over label_limit",
        ),
        pytest.param(
            TWO,
            {},
            {"series_limit": 123},
            ALL,
            {
                "up": 1,
                "scrape_series_current": 2,
                "scrape_series_limit": 123,
                "scrape_series_limit_samples_dropped": 0,
            },
            id="within series_limit",
        ),
        pytest.param(
            TWO,
            {},
            {"series_limit": 1},
            ['foo{bar="baz"} 34.44'],
            {
                "up": 1,
                "scrape_samples_scraped": 2,
                "scrape_samples_post_metric_relabeling": 2,
                "scrape_series_added": 2,
                "scrape_series_current": 1,
                "scrape_series_limit": 1,
                "scrape_series_limit_samples_dropped": 1,
            },
            id="over series_limit",
        ),
        pytest.param(
            Reply(status=500),
            {},
            {},
            [],
            {
                "up": 0,
                "scrape_samples_scraped": 0,
                "scrape_response_size_bytes": 0,
                "scrape_samples_post_metric_relabeling": 0,
                "scrape_series_added": 0,
                "scrape_timeout_seconds": 4,
            },
            id="no page",
        ),
        pytest.param(
            "foo 1\n" * 100,
            {},
            {"max_scrape_size_bytes": 599},
            [],
            {"up": 0, "scrape_samples_scraped": 0, "scrape_response_size_bytes": 0},
            id="a page larger than max_scrape_size",
        ),
    ],
)
async def test_a_scrape(
    fleet: Fleet,
    autojump_clock: MockClock,
    page: str | Reply,
    labels: dict[str, str],
    settings: dict[str, object],
    samples: list[str],
    report: dict[str, float],
) -> None:
    _, (told,) = await scraped(fleet, [page], labels, vmagent_report_series=True, **settings)
    assert [line.replace('instance="h:1",', "") for line in told.samples] == samples
    assert {name: told.report[name] for name in report} == report
    assert told.report.keys() & LIMITED == (LIMITED if "series_limit" in settings else set())


@pytest.mark.parametrize("stream_parse", [False, True])
async def test_stream_parse_changes_nothing(
    fleet: Fleet, autojump_clock: MockClock, stream_parse: bool
) -> None:
    """Ten thousand lines, as in TestScrapeWorkScrapeInternalStreamConcurrency: all or nothing."""
    lines = [f'fooooo_{number}{{n="{number}"}} {number}' for number in range(10_000)]
    good, bad = "\n".join(lines) + "\n", "\n".join([*lines, "bad {"]) + "\n"
    _, (first, second) = await scraped(fleet, [good, bad], stream_parse=stream_parse)
    assert len(first.samples) == first.report["scrape_samples_scraped"] == 10_000
    assert [line.rpartition(" ")[2] for line in second.samples] == ["stale"] * 10_000
    assert second.report["up"] == 0


@pytest.mark.parametrize(
    ("pages", "stale"),
    [
        pytest.param(["", ""], [], id="nothing"),
        pytest.param(["", "foo 1\nbar 1\n"], [], id="nothing before"),
        pytest.param(["foo 1\nbar 1\n", ""], ["foo stale", "bar stale"], id="nothing after"),
        pytest.param(["foo 1\nbar 1\n", "foo 2\n"], ["bar stale"], id="one is gone"),
        pytest.param(["foo 1\n", "bar 1\n"], ["foo stale"], id="all are others"),
        pytest.param(['foo{bar="baz"} 1 3\nx 1\n', "x 1\n"], [], id="one with a timestamp"),
    ],
)
async def test_send_stale_series(
    fleet: Fleet, autojump_clock: MockClock, pages: list[str], stale: list[str]
) -> None:
    _, told = await scraped(fleet, pages)
    assert [line for line in told[-1].samples if line.endswith(" stale")] == stale
