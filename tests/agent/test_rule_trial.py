"""Rules that somebody tries: read from text, counted on a page."""

import pytest

from agent.exposed import Exposed, series_of
from agent.rule_trial import MAX_RULES_BYTES, read_rules, try_on
from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from scraper.exposition.bodies import ReadOptions
from scraper.exposition.negotiation import Format
from scraper.settings import ScrapeJob
from scraper.setup import set_up
from scraper.target import build, discovered
from tests.scraper.steps import finish

PAGE = b'a{x="1"} 1\nb{x="2"} 2\nc 3 1000\n'


def exposed() -> Exposed:
    job = ScrapeJob(job_name="j")
    setup = set_up(job, {})
    target = build(job, setup.target_pipeline, discovered(job, "h:1", {}))
    series = finish(series_of(PAGE, Format.TEXT, ReadOptions.of(job, target.options)))
    return Exposed(labelling=setup.labelling(target), series=series)


def test_series_and_their_times() -> None:
    assert [(raw["__name__"], stamp) for raw, stamp in exposed().series] == [
        ("a", None),
        ("b", None),
        ("c", 1000),
    ]


def test_counts_for_each_rule() -> None:
    pipeline = compile_rules(
        (
            RelabelRule(action="drop", source_labels=("__name__",), regex="a"),
            RelabelRule(action="labeldrop", regex="x"),
        )
    )
    trial = finish(try_on(exposed(), pipeline))
    assert (trial.exposed, trial.left) == (3, 2)
    assert [(one.dropped, one.changed) for one in trial.rules] == [(1, 0), (0, 1)]


async def test_rules_are_read_without_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "hunter2")
    pipeline = await read_rules("- {target_label: a, replacement: '%{SECRET}'}")
    assert "hunter2" not in repr(pipeline.rules)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: b: c", id="no YAML"),
        pytest.param("- {action: dorp}", id="no such action"),
        pytest.param("- {source_labels: [a], regex: '(', target_label: b}", id="no expression"),
        pytest.param("x" * (MAX_RULES_BYTES + 1), id="a book"),
    ],
)
async def test_mistakes(text: str) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        await read_rules(text)
