"""`/whynot`: a question, and where the series is lost.

Takes the document of `/api/v1/whynot`; gives HTML. Works without a script: the form is a GET.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from web.pages.markup import NOTHING, Markup, Template, join

_FORM = Template(
    "<h1>Why is my metric not there?</h1>\n"
    '<form role="search"><input type="search" name="q" value="%s" required '
    'aria-label="A series, a metric or a target" '
    'placeholder="node_load1{job=&quot;node&quot;}, a metric, or host:port">'
    "<button>Ask</button></form>\n"
    '<p class="quiet">The agent looks at the targets that may have it, now, and follows the series '
    "through every rule to each remote.</p>\n"
)
_ERROR = Template('<p class="error">%s</p>\n')
_ANSWER = Template('<li class="answer %s"><h2>%s</h2><p><code>%s</code></p><p>%s</p>%s%s%s</li>\n')
_WHERE = Template('<p class="quiet">Target <a href="./targets?q=%s">%s</a> of job %s%s</p>')
_REMOTE = Template(', remote <a href="./remotes">%s</a>')
_ADVICE = Template('<p class="advice">%s</p>')
_STEPS = Template(
    '<details id="steps-%s"><summary>What each rule did</summary><pre>%s</pre></details>'
)
_NOTE = Template('<p class="quiet">%s</p>\n')

TITLES = {
    "not_discovered": "No such target",
    "target_dropped": "The target is dropped by a rule",
    "scrape_fails": "The scrape fails",
    "not_exposed": "The target does not expose it",
    "dropped_by_metric_rule": "Dropped by a metric rule",
    "over_limit": "Over a limit",
    "duplicate_or_out_of_order": "Not stored",
    "dropped_by_remote_rule": "Dropped by the remote's rules",
    "waiting_in_queue": "Waiting in the queue",
    "held_by_remote": "Held back by the remote",
    "refused_by_remote": "Refused by the remote",
    "delivered": "Delivered",
}
_FINE = ("delivered",)
_PENDING = ("waiting_in_queue",)


def whynot_html(question: str, report: Mapping[str, Any] | None, error: str) -> Iterator[Markup]:
    yield _FORM(question)
    if error:
        yield _ERROR(error)
    if report is None:
        return
    answers = report["answers"]
    yield Markup('<ol class="answers">\n')
    for number, answer in enumerate(answers):
        yield _answer(number, answer)
    yield Markup("</ol>\n")
    for note in report["notes"]:
        yield _NOTE(note)


def _answer(number: int, answer: Mapping[str, Any]) -> Markup:
    stage = answer["stage"]
    steps = answer.get("steps", ())
    return _ANSWER(
        "good" if stage in _FINE else "wait" if stage in _PENDING else "bad",
        TITLES[stage],
        answer.get("series") or answer.get("target", ""),
        answer["text"],
        _where(answer),
        _ADVICE(answer["advice"]) if answer.get("advice") else NOTHING,
        _STEPS(number, join(steps, "\n")) if steps else NOTHING,
    )


def _where(answer: Mapping[str, Any]) -> Markup:
    target = answer.get("target", "")
    if not target:
        return NOTHING
    remote = _REMOTE(answer["remote"]) if answer.get("remote") else NOTHING
    return _WHERE(_query_text(target), target, answer.get("job", ""), remote)


def _query_text(text: str) -> str:
    from urllib.parse import quote

    return quote(text, safe="")
