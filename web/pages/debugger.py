"""`/relabel`: what relabelling does, rule by rule, and what other rules would do.

Takes running rules, edited ones and labels; gives HTML. Works without a script: the form is a POST
that changes nothing. The edited rules stay in the page, to be copied into a configuration.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

import attrs

from web.pages.markup import NOTHING, Markup, Template, join
from web.pages.targets import label_chips

if TYPE_CHECKING:
    from relabel.explain import Explanation
    from relabel.pipeline import Pipeline
    from web.views import Trial

TARGET_RULES, METRIC_RULES = "target", "metric"

_FORM = Template(
    '<h1>Relabel debugger</h1>\n<form method="post" action="./relabel" class="debugger">'
    '<label>Job <select name="job">%s</select></label>'
    '<label>Rules <select name="kind">%s</select></label>%s'
    '<label class="wide">Labels <input type="search" name="labels" value="%s" '
    'placeholder="node_load1{instance=&quot;a:9100&quot;}"></label>'
    '<label class="wide">Edited rules, as YAML; empty means those that run '
    '<textarea name="rules" rows="%s" spellcheck="false">%s</textarea></label>'
    "<button>Try</button></form>\n"
)
_OPTION = Template('<option value="%s"%s>%s</option>')
_SELECTED = Markup(" selected")
_TARGET = Template(
    '<input type="hidden" name="id" value="%s"><label><input type="checkbox" name="page" '
    'value="true"%s> on the whole page of %s</label>'
)
_ERROR = Template('<p class="error"><span class="lines">%s</span></p>\n')
_COLUMN = Template('<section><h2>%s</h2>\n<ol class="steps">%s</ol>%s</section>\n')
_STEP = Template('<li class="%s"><code>%s</code><br>%s</li>')
_LEFT = Template('<p>Becomes <span class="labels">%s</span></p>')
_DROPPED = Template('<p class="error">Dropped by rule %s.</p>')
_SAME = Markup('<p class="good-text">Both give the same.</p>\n')
_DIFFERENT = Markup('<p class="error">They give different results.</p>\n')
_COUNTS = Template(
    "<section><h2>%s</h2>\n<p>%s series exposed, %s left.</p><table><thead><tr>"
    '<th scope="col">Rule<th scope="col" class="number">Matches<th scope="col" class="number">'
    'Changes<th scope="col" class="number">Drops</tr></thead><tbody>%s</tbody></table></section>\n'
)
_COUNT = Template(
    '<tr><td><code>%s</code><td class="number" data-name="Matches">%s'
    '<td class="number" data-name="Changes">%s<td class="number" data-name="Drops">%s</tr>'
)


@attrs.frozen(kw_only=True)
class Ask:
    """What the form says. `target_id` and `target` are of a target that was chosen on its page."""

    job: str = ""
    kind: str = TARGET_RULES
    labels: str = ""
    rules: str = ""
    target_id: str = ""
    target: str = ""
    on_page: bool = False

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> "Ask":
        is_metric = arguments.get("kind") == METRIC_RULES
        return cls(
            job=arguments.get("job", ""),
            kind=METRIC_RULES if is_metric else TARGET_RULES,
            labels=arguments.get("labels", "").strip(),
            rules=arguments.get("rules", "").replace("\r\n", "\n"),
            target_id=arguments.get("id", ""),
            on_page=arguments.get("page", "") == "true",
        )


@attrs.frozen(kw_only=True)
class Found:
    """What was found. `edited` is None without edited rules, and so are the trials without a page.

    `error`: mistakes in rules or labels, a line each.
    """

    running: "Explanation | None" = None
    edited: "Explanation | None" = None
    running_trial: "Trial | None" = None
    edited_trial: "Trial | None" = None
    error: str = ""


def rules_text(pipeline: "Pipeline | None") -> str:
    """The running rules as YAML, a line each."""
    if pipeline is None:
        return ""
    from relabel.explain_text import rule_text  # late: only who asks

    return "\n".join([f"- {rule_text(rule)}" for rule in pipeline.rules])


def debugger_html(
    ask: Ask, pools: Sequence[str], running_rules: str, found: Found
) -> Iterator[Markup]:
    shown = ask.rules or running_rules
    yield _FORM(
        join([_OPTION(pool, _SELECTED if pool == ask.job else NOTHING, pool) for pool in pools]),
        _kinds(ask.kind),
        _chosen(ask),
        ask.labels,
        min(20, max(3, shown.count("\n") + 2)),
        shown,
    )
    if found.error:
        yield _ERROR(found.error)
    if found.running is not None:
        yield from _explained(found)
    if found.running_trial is not None:
        yield from _tried(found)


def _kinds(chosen: str) -> Markup:
    kinds = ((TARGET_RULES, "relabel_configs"), (METRIC_RULES, "metric_relabel_configs"))
    return join(
        [_OPTION(kind, _SELECTED if kind == chosen else NOTHING, text) for kind, text in kinds]
    )


def _chosen(ask: Ask) -> Markup:
    if not ask.target:
        return NOTHING
    return _TARGET(ask.target_id, Markup(" checked") if ask.on_page else NOTHING, ask.target)


def _explained(found: Found) -> Iterator[Markup]:
    assert found.running is not None
    edited = found.edited
    if edited is not None:
        yield _SAME if edited.labels == found.running.labels else _DIFFERENT
    yield Markup('<div class="columns">\n')
    yield _column("Rules that run", found.running)
    if edited is not None:
        yield _column("Edited rules", edited)
    yield Markup("</div>\n")


def _column(title: str, explanation: "Explanation") -> Markup:
    from relabel.explain_text import outcome_text, rule_text  # late: only who asks

    steps = [
        _STEP(step.outcome.name.lower(), rule_text(step.rule), outcome_text(step))
        for step in explanation.steps
    ]
    if explanation.dropped_by is not None:
        end = _DROPPED(explanation.dropped_by + 1)
    else:
        end = _LEFT(label_chips(explanation.labels or {}, hidden=True))
    return _COLUMN(title, join(steps), end)


def _tried(found: Found) -> Iterator[Markup]:
    yield Markup('<div class="columns">\n')
    trials = (found.running_trial, found.edited_trial)
    for title, trial in zip_longest(("The page under running rules", "Under edited rules"), trials):
        if trial is None:
            continue
        if trial.error:
            yield _ERROR(trial.error)
            continue
        rows = [_COUNT(one.text, one.matched, one.changed, one.dropped) for one in trial.rules]
        yield _COUNTS(title, trial.exposed, trial.left, join(rows))
    yield Markup("</div>\n")
