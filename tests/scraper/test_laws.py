"""What is shared and remembered changes nothing: the scraper equals a naive one."""

import gc
import tracemalloc

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from scraper.exposition.errors import ExpositionError
from scraper.exposition.outline import Outlines
from scraper.labelling import SeriesError
from scraper.scrape import SampleCounts, SampleLimitError, TargetScrape
from scraper.settings import ScrapeJob
from scraper.setup import JobSetup, set_up
from scraper.shapes import Shapes
from scraper.target import Target, build, discovered
from tests.scraper.batches import Row, rows_of
from tests.scraper.naive import NaiveTarget
from tests.scraper.steps import finish

NOW_MS = 1_000_000_000

RULES = st.sampled_from(
    [
        RelabelRule(action="drop", source_labels=("a",), regex="1"),
        RelabelRule(action="keep", source_labels=("__name__",), regex="m.*|up"),
        RelabelRule(action="labeldrop", regex="a"),
        RelabelRule(action="labeldrop", regex="__name__"),
        RelabelRule(action="labelmap", regex="(.)", replacement="mapped_$1"),
        RelabelRule(source_labels=("a",), target_label="__name__", replacement="same"),
        RelabelRule(source_labels=("instance",), target_label="a"),
        RelabelRule(source_labels=("exported_job",), target_label="job"),
        # What the target's labels are for: read, copied over one another, renamed, dropped.
        RelabelRule(source_labels=("job",), target_label="instance", regex="(.+)"),
        RelabelRule(source_labels=("instance",), target_label="__name__", regex="(.+)"),
        RelabelRule(source_labels=("zone",), target_label="b"),
        RelabelRule(source_labels=("instance", "a"), target_label="b", separator="/"),
        RelabelRule(action="drop", source_labels=("instance",), regex="1|.*:2"),
        RelabelRule(action="dropequal", source_labels=("zone",), target_label="a"),
        RelabelRule(action="labelmap", regex="zone|instance", replacement="a"),
        RelabelRule(action="labelmap_all", regex="o", replacement="0"),
        RelabelRule(action="labeldrop", regex="instance|zone"),
        RelabelRule(action="labelkeep", regex="__name__|a|job"),
        RelabelRule(action="hashmod", source_labels=("instance",), target_label="a", modulus=2),
        RelabelRule(target_label="zone", replacement="1", if_=('{job="j"}',)),
        RelabelRule(target_label="b", replacement="{{instance}}"),
        RelabelRule(action="uppercase", source_labels=("zone",), target_label="zone"),
        RelabelRule(action="hashmod", source_labels=("a",), target_label="shard", modulus=2),
    ]
)
LABELS = st.dictionaries(
    st.sampled_from(["a", "b", "job", "instance", "exported_job", "zone"]),
    st.sampled_from(["", "1", "2", "j", "h:1", "x y"]),
    max_size=3,
)


@st.composite
def lines(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(["m", "m2", "n", "up"]))
    labels = ",".join(f'{label}="{value}"' for label, value in draw(LABELS).items())
    value = draw(st.sampled_from(["0", "1", "2.5", "NaN", "+Inf"]))
    stamp = draw(st.sampled_from(["", "", "", "", " 5", " 6", f" {NOW_MS}", f" {NOW_MS * 2}"]))
    return draw(st.sampled_from([f"{name}{{{labels}}} {value}{stamp}"] * 30 + ["# c", "", "bad{"]))


@st.composite
def sequences(draw: st.DrawFn) -> list[list[str]]:
    """Pages that mostly repeat the lines of the page before."""
    pages = [draw(st.lists(lines(), max_size=6))]
    for _ in range(draw(st.integers(0, 5))):
        page = [line for line in pages[-1] if draw(st.integers(0, 9))]
        page.extend(draw(st.lists(lines(), max_size=1)))
        pages.append(draw(st.permutations(page)) if draw(st.integers(0, 3)) == 0 else page)
    return pages


@st.composite
def setups(draw: st.DrawFn) -> JobSetup:
    job = ScrapeJob(
        job_name="j",
        metric_relabel_configs=tuple(draw(st.lists(RULES, max_size=4))),
        honor_labels=draw(st.booleans()),
        honor_timestamps=draw(st.integers(0, 3)) > 0,
        track_timestamps_staleness=draw(st.booleans()),
        sample_limit=draw(st.sampled_from([0, 0, 0, 3])),
        label_value_length_limit=draw(st.sampled_from([0, 0, 0, 2])),
        metric_name_validation_scheme=draw(st.sampled_from(["utf8", "legacy"])),
    )
    return set_up(job, draw(st.sampled_from([{}, {"b": "external"}, {"job": "never"}])))


def comparable(rows: list[Row]) -> list[str]:
    return sorted(map(repr, rows))


@attrs.define
class Pair:
    """A target, and the naive one that it must equal."""

    address: str
    group: dict[str, str]
    scrape: TargetScrape
    naive: NaiveTarget

    @classmethod
    def of(
        cls,
        setup: JobSetup,
        address: str,
        group: dict[str, str],
        outlines: Outlines,
        shapes: Shapes,
    ) -> "Pair":
        target = target_of(setup, address, group)
        scrape = TargetScrape(setup, target, SampleCounts(), outlines, shapes)
        return cls(address, group, scrape, NaiveTarget(setup.labelling(target)))

    def follow(self, setup: JobSetup) -> None:
        target = target_of(setup, self.address, self.group)
        self.scrape.reconfigure(setup, target)
        self.adapt(setup)

    def adapt(self, setup: JobSetup) -> None:
        target, job = target_of(setup, self.address, self.group), setup.job
        self.naive.labelling = setup.labelling(target)
        self.naive.honor_timestamps = job.honor_timestamps
        self.naive.track_staleness = job.track_timestamps_staleness
        self.naive.sample_limit = job.sample_limit

    def check(self, page: list[str], now_ms: int) -> None:
        body = "\n".join(page).encode()
        assert comparable(rows_after(self.scrape, body, now_ms)) == comparable(
            self.naive.scrape(body, now_ms)
        )


def target_of(setup: JobSetup, address: str, group: dict[str, str]) -> Target:
    return build(setup.job, compile_rules(()), discovered(setup.job, address, group))


# The instance of the third is what pages say, and so is the zone of the second; the fourth has
# another set of names, and a value over the limit of some jobs.
TARGETS: list[tuple[str, dict[str, str]]] = [
    ("h:1", {"zone": "1"}),
    ("h:2", {"zone": "2"}),
    ("h:1", {"zone": "x y", "instance": "1", "job": "1"}),
    ("h:4", {"rack": "long"}),
]


@given(setups(), setups(), sequences(), st.integers(0, 6), st.data())
def test_the_scraper_equals_a_naive_one(
    setup: JobSetup, other: JobSetup, pages: list[list[str]], reload_at: int, data: st.DataObject
) -> None:
    outlines, shapes = Outlines(), Shapes()
    pairs = [Pair.of(setup, address, group, outlines, shapes) for address, group in TARGETS]
    for each in pairs:
        each.adapt(setup)
    for number in range(len(pages)):
        for at, pair in enumerate(pairs):
            if number == reload_at:
                pair.follow(other)
            # They expose the same page, or they do not: what one shows another shows later.
            late = data.draw(st.integers(0, number)) if at else 0
            pair.check(pages[number - late], NOW_MS + number)


def rows_after(scrape: TargetScrape, body: bytes, now_ms: int) -> list[Row]:
    try:
        return rows_of(finish(scrape.render(body, now_ms)).batches)
    except (ExpositionError, SeriesError, SampleLimitError):
        return rows_of(scrape.fail(now_ms))


@pytest.mark.parametrize(
    "rounds",
    [
        pytest.param(600, id="six hundred rounds"),
        pytest.param(10_000, id="ten thousand rounds", marks=pytest.mark.long),
    ],
)
def test_churn_leaves_no_trace(rounds: int) -> None:
    """Three targets; in each round a tenth of the series are new, and some pages fail."""
    setup = set_up(ScrapeJob(job_name="j"), {})
    outlines, shapes = Outlines(), Shapes()
    scrapes = [
        TargetScrape(setup, target_of(setup, f"h:{n}", {}), SampleCounts(), outlines, shapes)
        for n in range(3)
    ]

    def churn(first: int, last: int) -> None:
        for number in range(first, last):
            series = [f'm{{at="{number // 10 if at % 10 else number}-{at}"}} 1' for at in range(20)]
            for at, scrape in enumerate(scrapes):
                failing = ["bad{"] if (number + at) % 7 == 0 else []
                rows_after(scrape, "\n".join(series + failing).encode(), NOW_MS + number)

    churn(0, 200)
    tracemalloc.start()
    churn(200, 400)
    # Errors of failed pages hold their frames in cycles: how many wait is the collector's affair.
    gc.collect()
    level = tracemalloc.get_traced_memory()[0]
    churn(400, 400 + rounds)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - level
    tracemalloc.stop()
    assert grown < 60_000
    # 60 series are alive; beside them the shape keeps those of the last few pages.
    assert shapes.statistics().templates < 400
