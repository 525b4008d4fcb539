"""Pages, failures and reloads of one target: what each leaves to the sink."""

import pytest

from relabel.rule import RelabelRule
from scraper.exposition.errors import ExpositionError
from scraper.exposition.outline import Outlines
from scraper.report import Outcome
from scraper.scrape import Rendered, SampleCounts, SampleLimitError, TargetScrape
from scraper.settings import ScrapeJob
from scraper.setup import JobSetup, set_up
from scraper.shapes import Shapes
from scraper.target import Target, build, discovered
from series.batch import Batch
from tests.scraper.batches import STALE, rows_of
from tests.scraper.steps import finish

UP = Outcome(is_up=True, duration_s=0.5)

# What a target does: a page, or a failure, or its end.
FAILS, ENDS = object(), object()

DROP = RelabelRule(action="drop", source_labels=("__name__",), regex="drop.*")


def setup_of(*rules: RelabelRule, external: str = "", **settings: object) -> JobSetup:
    job = ScrapeJob(job_name="j", metric_relabel_configs=rules, **settings)  # type: ignore[arg-type]
    return set_up(job, {"x": external} if external else {})


def target_of(setup: JobSetup) -> Target:
    return build(setup.job, setup.target_pipeline, discovered(setup.job, "h:1", {}))


class Core:
    """A target's core, driven by hand; `at_s` counts the scrapes."""

    def __init__(self, setup: JobSetup) -> None:
        self.counts = SampleCounts()
        self.scrape = TargetScrape(setup, target_of(setup), self.counts, Outlines())
        self.at_s = 0

    def reconfigure(self, setup: JobSetup) -> None:
        self.scrape.reconfigure(setup, target_of(setup))

    def render(self, page: str) -> Rendered:
        self.at_s += 1
        return finish(self.scrape.render(page.encode(), self.at_s * 1000))

    def batches(self, event: object) -> tuple[Batch, ...]:
        """What the event leaves, without the report of a scrape."""
        if isinstance(event, str):
            try:
                return self.render(event).batches
            except (ExpositionError, SampleLimitError):
                return self.scrape.fail(self.at_s * 1000)
        self.at_s += 1
        if event is FAILS:
            return self.scrape.fail(self.at_s * 1000)
        return self.scrape.end(self.at_s * 1000)

    def markers(self, event: object) -> str:
        """The names of the series that are marked, and nothing else of it."""
        rows = rows_of(self.batches(event), bare=True)
        return "".join(sorted([name for name, value, _ in rows if value == STALE]))


TRACKS = {"track_timestamps_staleness": True}
NEVER = {"no_stale_markers": True}


@pytest.mark.parametrize(
    ("settings", "events", "marked"),
    [
        pytest.param({}, ["a 1\nb 1\n", "a 2\nb 2\n"], ["", ""], id="nothing vanishes"),
        pytest.param({}, ["a 1\nb 1\n", "a 2\n"], ["", "b"], id="a series vanishes"),
        pytest.param({}, ["a 1\n", ""], ["", "a"], id="an empty page"),
        pytest.param({}, ["a 1\n", "a{} 1\n"], ["", ""], id="another spelling has not vanished"),
        pytest.param({}, ["a 1\nb 1\n", FAILS], ["", "ab"], id="a failed scrape marks all"),
        pytest.param({}, ["a 1\n", FAILS, FAILS], ["", "a", ""], id="and does it once"),
        pytest.param({}, ["a 1\n", FAILS, "a 1\n"], ["", "a", ""], id="then it comes back"),
        pytest.param({}, [FAILS, "a 1\n"], ["", ""], id="a failure at first marks nothing"),
        pytest.param(
            {}, ["a 1\nb 1\n", "a 1\nbad\n"], ["", "ab"], id="series before a bad line are marked"
        ),
        pytest.param(
            {}, ["a 1\n", "a 1\nbad\n", "a 1\nbad\n"], ["", "a", ""], id="a page that stays bad"
        ),
        pytest.param(
            {"sample_limit": 2},
            ["a 1\nb 1\n", "a 1\nb 1\nc 1\n", "a 1\n"],
            ["", "ab", ""],
            id="a page over the limit",
        ),
        pytest.param({}, ["a 1\n", ENDS], ["", "a"], id="the target ends"),
        pytest.param({}, ["a 1\n", FAILS, ENDS], ["", "a", ""], id="a target that is down ends"),
        pytest.param({}, ["a 1 5\nb 1\n", "c 1\n"], ["", "b"], id="not those with a timestamp"),
        pytest.param(TRACKS, ["a 1 5\nb 1\n", "c 1\n"], ["", "ab"], id="unless the job says so"),
        pytest.param(
            {"honor_timestamps": False}, ["a 1 5\n", "c 1\n"], ["", "a"], id="or does not honour it"
        ),
        pytest.param(NEVER, ["a 1\nb 1\n", "a 1\n", ENDS], ["", "", ""], id="markers are off"),
        pytest.param({}, ["drop 1\na 1\n", "a 1\n"], ["", ""], id="a dropped series has no end"),
    ],
)
def test_markers(settings: dict[str, object], events: list[object], marked: list[str]) -> None:
    core = Core(setup_of(DROP, **settings))  # type: ignore[arg-type]
    assert [core.markers(event) for event in events] == marked


def test_a_page_becomes_samples_and_markers_at_the_time_of_the_scrape() -> None:
    core = Core(setup_of(DROP))
    core.batches('a{x="1"} 1\nb 2\ndrop 3\n')
    assert rows_of(core.batches('a{x="1"} 4\na{x="1"} 5\nc NaN 7\n'))[:1] == [
        ('a{instance="h:1",job="j",x="1"}', 4.0, 2000)
    ]
    assert rows_of(core.batches("d 1\n"), bare=True) == [("d", 1.0, 3000), ("a", STALE, 3000)]
    assert (core.counts.stored, core.counts.duplicates, core.counts.markers) == (5, 1, 2)


@pytest.mark.parametrize(
    ("pages", "numbers"),
    [
        pytest.param(["a 1\nb 1\ndrop 1\n"], (3, 2, 2), id="a first page"),
        pytest.param(["a 1\n", "a 1\nb 1\n"], (2, 2, 1), id="a new series"),
        pytest.param(["a 1\n", "a 2\n"], (1, 1, 0), id="nothing new"),
        pytest.param(["a 1\nb 1\n", "a 1\n", "a 1\nb 1\n"], (2, 2, 1), id="one that comes back"),
        pytest.param(["a 1\na 2\na 3\n"], (3, 3, 1), id="duplicates count as samples"),
        pytest.param(["a 1\n", "b 1\nbad\n", "a 1\n"], (1, 1, 0), id="a failure between"),
        pytest.param([""], (0, 0, 0), id="an empty page"),
    ],
)
def test_the_numbers_of_a_page(pages: list[str], numbers: tuple[int, int, int]) -> None:
    core = Core(setup_of(DROP))
    for page in pages[:-1]:
        core.batches(page)
    rendered = core.render(pages[-1])
    assert (rendered.scraped, rendered.post_relabel, rendered.series_added) == numbers


def test_a_page_over_its_limit_tells_by_how_much() -> None:
    core = Core(setup_of(DROP, sample_limit=1))
    with pytest.raises(SampleLimitError, match="sample_limit 1 exceeded: 2 samples") as caught:
        core.render("a 1\nb 1\ndrop 1\n")
    assert (caught.value.scraped, caught.value.post_relabel) == (3, 2)


def test_a_label_over_its_limit_is_told_with_its_line() -> None:
    core = Core(setup_of(label_limit=3))
    with pytest.raises(ExpositionError, match="line 2: label_limit 3 exceeded"):
        core.render('a 1\na{x="1"} 1\n')


def test_the_report_ends_with_the_target() -> None:
    core = Core(setup_of())
    core.scrape.report(UP, 5000)
    # Never before the last sample, even if the clock went back.
    assert rows_of(core.batches(ENDS), bare=True) == [
        ("up", STALE, 5001),
        ("scrape_duration_seconds", STALE, 5001),
        ("scrape_samples_scraped", STALE, 5001),
        ("scrape_samples_post_metric_relabeling", STALE, 5001),
        ("scrape_series_added", STALE, 5001),
    ]


RENAME_A = RelabelRule(
    source_labels=("__name__",), regex="a", target_label="__name__", replacement="z"
)


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        pytest.param(setup_of(), setup_of(scrape_interval_s=30.0), "", id="another interval"),
        pytest.param(setup_of(), setup_of(RENAME_A), "a", id="a rule that renames one series"),
        pytest.param(setup_of(), setup_of(DROP), "", id="a rule that changes none of them"),
        pytest.param(setup_of(external="1"), setup_of(external="2"), "ab", id="external labels"),
    ],
)
def test_after_a_reload_only_series_that_are_gone_are_marked(
    before: JobSetup, after: JobSetup, marked: str
) -> None:
    core = Core(before)
    core.batches("a 1\nb 1\n")
    core.reconfigure(after)
    assert core.markers("a 1\nb 1\n") == marked


def test_after_a_change_of_external_labels_the_old_report_ends() -> None:
    core = Core(setup_of(external="1"))
    core.scrape.report(UP, 1000)
    core.reconfigure(setup_of(external="2"))
    rows = rows_of(core.scrape.report(UP, 2000))
    assert rows[0] == ('up{instance="h:1",job="j",x="2"}', 1.0, 2000)
    assert rows[5] == ('up{instance="h:1",job="j",x="1"}', STALE, 2000)
    assert len(rows) == 10


def test_a_reload_keeps_timestamps_settings_current() -> None:
    core = Core(setup_of())
    core.reconfigure(setup_of(honor_timestamps=False))
    assert rows_of(core.batches("a 1 5\n"), bare=True) == [("a", 1.0, 1000)]


def test_a_target_whose_first_page_looks_like_that_of_another_has_its_comments() -> None:
    outlines, shapes, setup = Outlines(), Shapes(), setup_of()
    page = b"# TYPE a counter\na 1\n"
    comments = []
    for _ in range(3):
        scrape = TargetScrape(setup, target_of(setup), SampleCounts(), outlines, shapes)
        finish(scrape.render(page, 1000))
        comments.append(scrape.comments())
    assert comments == [(b"# TYPE a counter",)] * 3


@pytest.mark.parametrize(
    ("pages", "value"),
    [
        pytest.param(["a 1\na{} 2\nb 3\n"], 1.0, id="a page"),
        pytest.param(
            ["a 1\na{} 2\nb 3\n", "b 3\na{} 5\na 4\n"], 5.0, id="the same series in another order"
        ),
        pytest.param(
            ["a 1\na{} 2\nb 3\n", "b 3\na{} 5\na 4\n", "a 6\na{} 7\nb 3\n"], 6.0, id="and back"
        ),
    ],
)
def test_of_equal_series_the_first_in_the_body_counts(pages: list[str], value: float) -> None:
    core = Core(setup_of())
    for page in pages:
        rendered = core.render(page)
    rows = rows_of(rendered.batches, bare=True)
    assert sorted((name, read) for name, read, _ in rows) == [("a", value), ("b", 3.0)]


def test_a_page_far_over_its_limit_is_not_read_to_its_end() -> None:
    core = Core(setup_of(sample_limit=10))
    page = "".join(f'a{{n="{number}"}} 1\n' for number in range(12_000))
    with pytest.raises(SampleLimitError, match="exceeded: more than 10021 samples") as caught:
        core.render(page)
    assert (caught.value.scraped, caught.value.post_relabel) == (10_021, 10_021)
    assert core.render("b 1\n").scraped == 1
