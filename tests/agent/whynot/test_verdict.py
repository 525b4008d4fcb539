"""From evidence to the twelve answers."""

from typing import Any

import pytest

from agent.whynot.answer import Answer, Report, Stage
from agent.whynot.evidence import Evidence, RemoteEvidence, SeriesEvidence, TargetEvidence
from agent.whynot.question import parse_question
from agent.whynot.verdict import MAX_ANSWERS, NO_RULES, verdict
from relabel.explain import explain
from relabel.pipeline import compile_rules
from relabel.rule import RelabelRule
from scraper.status import DroppedTarget
from series.labels import canonical
from tests.web.snapshots import down, target, waiting

NOW_MS = 1_800_000_000_000
RAW = {"__name__": "load"}
FINAL = canonical({"__name__": "load", "job": "node"})
DROP = RelabelRule(action="drop", source_labels=("__name__",), regex="load")


def remote(**changes: Any) -> RemoteEvidence:
    fields = {
        "name": "far",
        "state": "ok",
        "newest_put_ms": NOW_MS,
        "newest_sent_ms": NOW_MS - 2000,
    }
    return RemoteEvidence(**{**fields, **changes})


def series(**changes: Any) -> SeriesEvidence:
    fields = {"raw": RAW, "explanation": NO_RULES, "final": FINAL, "remotes": (remote(),)}
    return SeriesEvidence(**{**fields, **changes})


def of(*found: SeriesEvidence, **changes: Any) -> TargetEvidence:
    return TargetEvidence(**{"status": target(), "exposed_count": 9, "series": found, **changes})


def asked(*targets: TargetEvidence, text: str = "load", **changes: Any) -> Report:
    evidence = Evidence(targets=targets, now_ms=NOW_MS, target_count=3, **changes)
    return verdict(parse_question(text), evidence)


def only(report: Report) -> Answer:
    (answer,) = report.answers
    return answer


DROPPED = DroppedTarget(
    job="node",
    discovered_labels={"__address__": "load:1"},
    reason="relabelling",
    pipeline=compile_rules(
        (RelabelRule(action="drop", source_labels=("__address__",), regex="load.*"),)
    ),
)


@pytest.mark.parametrize(
    ("report", "stage", "words"),
    [
        pytest.param(asked(), Stage.NOT_DISCOVERED, "none of the 3 targets", id="no target"),
        pytest.param(
            asked(text='load{job="nod"}', nearest='job="node"'),
            Stage.NOT_DISCOVERED,
            'did you mean job="node"?',
            id="a slip in the job",
        ),
        pytest.param(
            asked(discovery_errors={"node": "no such file"}),
            Stage.NOT_DISCOVERED,
            "discovery fails: node: no such file",
            id="discovery fails",
        ),
        pytest.param(asked(dropped=(DROPPED,)), Stage.TARGET_DROPPED, "rule 1", id="a target rule"),
        pytest.param(
            asked(TargetEvidence(status=down(), error="connection refused")),
            Stage.SCRAPE_FAILS,
            "connection refused",
            id="the scrape fails",
        ),
        pytest.param(
            asked(TargetEvidence(status=waiting())),
            Stage.SCRAPE_FAILS,
            "not been scraped yet",
            id="no scrape yet",
        ),
        pytest.param(
            asked(of(similar=("laod",))), Stage.NOT_EXPOSED, "exposes 9 series", id="not exposed"
        ),
        pytest.param(
            asked(of(series(explanation=explain((DROP,), RAW), final=None))),
            Stage.DROPPED_BY_RULE,
            "rule 1 of metric_relabel_configs drops it: {action: drop",
            id="a metric rule",
        ),
        pytest.param(
            asked(of(series(error="label_limit 3 exceeded", final=None))),
            Stage.OVER_LIMIT,
            "label_limit 3",
            id="a limit on labels",
        ),
        pytest.param(
            asked(TargetEvidence(status=down(error="sample_limit 5 exceeded: 9 samples"))),
            Stage.OVER_LIMIT,
            "sample_limit 5",
            id="a limit on samples",
        ),
        pytest.param(
            asked(of(series(is_duplicate=True))),
            Stage.NOT_STORED,
            "the first counts",
            id="a duplicate",
        ),
        pytest.param(
            asked(of(series(stamp_ms=NOW_MS + 3_600_000))),
            Stage.NOT_STORED,
            "too far in the future",
            id="dated in the future",
        ),
        pytest.param(
            asked(of(series(stamp_ms=NOW_MS - 3_600_000), dropped_stamps=7)),
            Stage.NOT_STORED,
            "7 samples of this job",
            id="dated in the past, again and again",
        ),
        pytest.param(
            asked(of(series(remotes=(remote(dropped_by="rule 2 of its rules"),)))),
            Stage.DROPPED_BY_REMOTE,
            "rule 2",
            id="a remote's rule",
        ),
        pytest.param(
            asked(
                of(
                    series(
                        remotes=(
                            remote(
                                state="retrying",
                                last_error="connection refused",
                                newest_sent_ms=NOW_MS - 600_000,
                                waiting_since_ms=NOW_MS - 600_000,
                            ),
                        )
                    )
                )
            ),
            Stage.WAITING,
            "connection refused",
            id="in the queue",
        ),
        pytest.param(
            asked(of(series(remotes=(remote(state="holding", last_error="401"),)))),
            Stage.HELD,
            "401",
            id="held by a remote",
        ),
        pytest.param(
            asked(of(series(remotes=(remote(refusal="out of order", refused_ms=NOW_MS),)))),
            Stage.REFUSED,
            "out of order",
            id="refused",
        ),
        pytest.param(asked(of(series())), Stage.DELIVERED, "delivered", id="delivered"),
        pytest.param(
            asked(of(series(remotes=(remote(refusal="old", refused_ms=NOW_MS - 60_000),)))),
            Stage.DELIVERED,
            "delivered",
            id="refused once, delivered since",
        ),
    ],
)
def test_each_answer(report: Report, stage: Stage, words: str) -> None:
    answer = only(report)
    assert answer.stage is stage
    assert words in f"{answer.text} {answer.advice}"
    assert report.is_delivered is (stage is Stage.DELIVERED)


def test_the_furthest_comes_first() -> None:
    report = asked(TargetEvidence(status=down()), of(series()), of())
    assert [answer.stage for answer in report.answers] == [
        Stage.DELIVERED,
        Stage.NOT_EXPOSED,
        Stage.SCRAPE_FAILS,
    ]


def test_a_target_that_is_asked_for_is_up_to_its_remotes() -> None:
    report = asked(of(remotes=(remote(), remote(name="b", state="holding"))), text="h:1")
    assert [(answer.stage, answer.remote) for answer in report.answers] == [
        (Stage.DELIVERED, "far"),
        (Stage.HELD, "b"),
    ]


def test_up_of_a_target_that_is_down_is_delivered() -> None:
    report_series = series(raw={}, final=canonical({"__name__": "up"}))
    report = asked(TargetEvidence(status=down(), series=(report_series,)), text="up")
    assert only(report).stage is Stage.DELIVERED


def test_what_the_page_of_a_failing_target_shows_is_not_delivered() -> None:
    failing = of(series(), status=down(error="sample_limit 2 exceeded"))
    assert only(asked(failing)).stage is Stage.OVER_LIMIT


def test_answers_are_bounded_and_what_was_not_looked_at_is_told() -> None:
    report = asked(of(*[series()] * (MAX_ANSWERS + 5)), not_looked_at=4)
    assert len(report.answers) == MAX_ANSWERS
    assert [note.split()[0] for note in report.notes] == ["4", "5"]


def test_the_document_leaves_out_what_is_empty() -> None:
    document = asked(of(series())).document()
    assert document["delivered"] is True
    assert document["answers"][0]["series"] == 'load{job="node"}'
    assert "advice" not in document["answers"][0]
