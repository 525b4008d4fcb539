"""A page is looked at with a question in mind."""

import pytest

from agent.exposed import Exposed, series_of
from agent.whynot.look import MAX_FOUND, Look, look_at
from agent.whynot.question import parse_question
from relabel.rule import RelabelRule
from scraper.exposition.bodies import ReadOptions
from scraper.exposition.negotiation import Format
from scraper.settings import ScrapeJob
from scraper.setup import set_up
from scraper.target import build, discovered
from tests.scraper.steps import finish

DROP = RelabelRule(action="drop", source_labels=("__name__",), regex="debug_.*")
RENAME = RelabelRule(
    source_labels=("__name__",), regex="old", target_label="__name__", replacement="new"
)
LOSE = RelabelRule(action="labeldrop", regex="secret")
PAGE = b"""\
# TYPE load gauge
load 1
disk{device="a"} 1
disk{device="b"} 2
debug_x 1
old 3
two{secret="1"} 1
two{secret="2"} 2
dated 1 1000
job_of{job="x"} 1
"""


def look(text: str, page: bytes = PAGE, *, job: ScrapeJob | None = None) -> Look:
    job = job or ScrapeJob(job_name="j", metric_relabel_configs=(DROP, RENAME, LOSE))
    setup = set_up(job, {"region": "eu"})
    target = build(job, setup.target_pipeline, discovered(job, "h:1", {}))
    series = finish(series_of(page, Format.TEXT, ReadOptions.of(job, target.options)))
    exposed = Exposed(labelling=setup.labelling(target), series=series)
    return finish(look_at(exposed, parse_question(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("load", ["load"], id="by its name"),
        pytest.param('disk{device="b"}', ["disk"], id="by a label"),
        pytest.param('load{job="j",region="eu"}', ["load"], id="by labels the agent adds"),
        pytest.param("debug_x", ["debug_x"], id="one that a rule drops"),
        pytest.param("old", ["old"], id="by the name before a rule"),
        pytest.param("new", ["old"], id="by the name behind a rule"),
        pytest.param('two{secret="2"}', ["two"], id="by a label that a rule takes away"),
        pytest.param('job_of{exported_job="x"}', ["job_of"], id="by a label that was moved"),
        pytest.param('job_of{job="x"}', [], id="a label that is another one behind the merge"),
        pytest.param("absent", [], id="one that is not there"),
    ],
)
def test_what_is_found(text: str, expected: list[str]) -> None:
    found = look(text)
    assert [one.raw["__name__"] for one in found.series] == expected
    assert found.exposed_count == 9


def test_what_is_told_of_it() -> None:
    (dropped,) = look("debug_x").series
    assert (dropped.final, dropped.explanation.dropped_by) == (None, 0)
    (renamed,) = look("old").series
    assert renamed.final is not None
    assert dict(renamed.final) == {"__name__": "new", "instance": "h:1", "job": "j", "region": "eu"}
    first, second = look("two").series
    assert (first.is_duplicate, second.is_duplicate) == (False, True)
    (dated,) = look("dated").series
    assert dated.stamp_ms == 1000


def test_a_limit_is_told_at_the_series_that_breaks_it() -> None:
    job = ScrapeJob(job_name="j", label_limit=3)
    (found,) = look("disk", b'disk{device="a"} 1\n', job=job).series
    assert "label_limit" in found.error
    assert found.final is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('disk{device="c"}', ('disk{device="a"}', 'disk{device="b"}'), id="a label"),
        pytest.param("laod", ("load",), id="a slip"),
        pytest.param("something_else", (), id="nothing like it"),
    ],
)
def test_what_is_like_it(text: str, expected: tuple[str, ...]) -> None:
    assert look(text).similar == expected


def test_a_question_that_means_everything_is_bounded() -> None:
    page = b"".join([b'x{n="%d"} 1\n' % n for n in range(MAX_FOUND + 10)])
    assert len(look("x", page).series) == MAX_FOUND
