"""Rules that somebody tries on a page: read from text, run on real series. A shell: it fetches.

Takes YAML, or a target and rules; gives compiled rules, or counts for each rule.
Never: changes what the agent does; the running rules stay as they are. Text from a browser is not
expanded from the environment, which holds secrets.
"""

from collections import Counter
from collections.abc import Generator

import trio

from agent.config.errors import ConfigErrors
from agent.config.options import LoadOptions
from agent.config.rule_file import load_rules
from agent.exposed import Exposed, ExposedError, expose
from relabel.explain import Outcome, explain
from relabel.explain_text import rule_text
from relabel.pipeline import Pipeline, compile_rules
from scraper.labelling import merge
from scraper.loop import drive
from scraper.manager import Manager
from scraper.status import TargetStatus
from series.labels import METRIC_NAME
from web.views import RuleCount, Trial

MAX_RULES_BYTES = 100_000
MAX_RULES = 1000

_SERIES_PER_STEP = 50


async def read_rules(text: str) -> Pipeline:
    """Raises ValueError with every mistake, a line each."""
    if len(text) > MAX_RULES_BYTES:
        raise ValueError(f"more than {MAX_RULES_BYTES} characters of rules")
    # YAML takes its time, and so may the compilation of expressions.
    return await trio.to_thread.run_sync(_read_rules, text)


def _read_rules(text: str) -> Pipeline:
    options = LoadOptions(read_file=lambda _: text.encode(), environment={})
    try:
        rules = load_rules("rules", options=options)
    except ConfigErrors as exc:
        raise ValueError("\n".join(map(str, exc.errors))) from exc
    if len(rules) > MAX_RULES:
        raise ValueError(f"more than {MAX_RULES} rules")
    return compile_rules(rules)


async def try_rules(scraper: Manager, status: TargetStatus, pipeline: Pipeline) -> Trial:
    """Metric rules on the page that a target shows now."""
    try:
        exposed = await expose(scraper, status)
    except ExposedError as exc:
        return Trial(error=str(exc))
    return await drive(try_on(exposed, pipeline))


def try_on(exposed: Exposed, pipeline: Pipeline) -> Generator[None, None, Trial]:
    """Counts for each rule; yields now and then."""
    labelling = exposed.labelling
    counts: Counter[tuple[int, Outcome]] = Counter()
    matched: Counter[int] = Counter()
    left = 0
    for at, (raw, _) in enumerate(exposed.series):
        if at % _SERIES_PER_STEP == 0:
            yield
        before = merge(raw, labelling.target_labels, labelling.honor_labels)
        explanation = explain(pipeline, before)
        for step in explanation.steps:
            counts[step.index, step.outcome] += 1
            matched[step.index] += step.matched
        left += bool(explanation.labels and METRIC_NAME in explanation.labels)
    rules = [
        RuleCount(
            rule_text(rule),
            matched=matched[index],
            changed=counts[index, Outcome.CHANGED],
            dropped=counts[index, Outcome.DROPPED],
        )
        for index, rule in enumerate(pipeline.rules)
    ]
    return Trial(rules=tuple(rules), exposed=len(exposed.series), left=left)
