"""What is shared and remembered changes nothing: the scraper equals a naive one."""

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
from scraper.target import build, discovered
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
        RelabelRule(action="hashmod", source_labels=("a",), target_label="shard", modulus=2),
    ]
)
LABELS = st.dictionaries(
    st.sampled_from(["a", "b", "job", "instance", "exported_job"]),
    st.sampled_from(["", "1", "2", "x y"]),
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
        metric_relabel_configs=tuple(draw(st.lists(RULES, max_size=3))),
        honor_labels=draw(st.booleans()),
        honor_timestamps=draw(st.integers(0, 3)) > 0,
        track_timestamps_staleness=draw(st.booleans()),
        sample_limit=draw(st.sampled_from([0, 0, 0, 3])),
    )
    return set_up(job, draw(st.sampled_from([{}, {"b": "external"}, {"job": "never"}])))


def comparable(rows: list[Row]) -> list[str]:
    return sorted(map(repr, rows))


@given(setups(), setups(), sequences(), st.integers(0, 6))
def test_the_scraper_equals_a_naive_one(
    setup: JobSetup, other: JobSetup, pages: list[list[str]], reload_at: int
) -> None:
    target = build(setup.job, compile_rules(()), discovered(setup.job, "h:1", {}))
    outlines = Outlines()
    # A second target with the same pages must not disturb the first.
    scrape, neighbour = [TargetScrape(setup, target, SampleCounts(), outlines) for _ in range(2)]
    naive = NaiveTarget(setup.labelling(target))
    for number, page in enumerate(pages):
        if number == reload_at:
            setup = other
            target = build(setup.job, compile_rules(()), discovered(setup.job, "h:1", {}))
            scrape.reconfigure(setup, target)
        naive.labelling = setup.labelling(target)
        naive.honor_timestamps = setup.job.honor_timestamps
        naive.track_staleness = setup.job.track_timestamps_staleness
        naive.sample_limit = setup.job.sample_limit
        body = "\n".join(page).encode()
        now_ms = NOW_MS + number
        assert comparable(rows_after(scrape, body, now_ms)) == comparable(
            naive.scrape(body, now_ms)
        )
        rows_after(neighbour, body, now_ms)


def rows_after(scrape: TargetScrape, body: bytes, now_ms: int) -> list[Row]:
    try:
        return rows_of(finish(scrape.render(body, now_ms)).batches)
    except (ExpositionError, SeriesError, SampleLimitError):
        return rows_of(scrape.fail(now_ms))
