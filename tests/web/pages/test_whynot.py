"""The page of "Why not?"."""

from agent.whynot.answer import Stage
from tests.web.snapshots import NASTY
from web.pages.whynot import TITLES, whynot_html

ANSWER = {
    "stage": "waiting_in_queue",
    "text": "it waits",
    "advice": "wait",
    "target": "http://a:9100/metrics",
    "job": "node",
    "series": 'up{job="node"}',
    "remote": "far",
    "steps": ["one", NASTY],
}


def page(
    *answers: object, question: str = "up", notes: tuple[str, ...] = (), error: str = ""
) -> str:
    report = {"question": question, "answers": list(answers), "notes": list(notes)}
    return "".join(whynot_html(question, report, error))


def test_every_stage_has_a_title() -> None:
    assert set(TITLES) == {stage.value for stage in Stage}


def test_an_answer() -> None:
    text = page(ANSWER, notes=("4 more",))
    assert "Waiting in the queue" in text
    assert "up{job=&quot;node&quot;}" in text
    assert '<a href="./targets?q=http%3A%2F%2Fa%3A9100%2Fmetrics">' in text
    assert "4 more" in text
    assert NASTY not in text


def test_the_question_stays_in_the_form_and_an_error_is_told() -> None:
    text = "".join(whynot_html(NASTY, None, NASTY))
    assert NASTY not in text
    assert text.count("alert(1)") == 2
