"""Why did these labels become those? One step per rule, for pages, commands and tests.

Takes rules (or a Pipeline of them) and labels; gives an Explanation. The rules run here are the
very steps of `Pipeline.apply`, so that the explanation cannot disagree with what the agent does.
Slower than `apply`: it copies the labels before every rule.
"""

import enum
from collections.abc import Mapping, Sequence

import attrs

from relabel.action import Action, Probe
from relabel.pipeline import Pipeline, compile_rules
from relabel.rule import RelabelRule
from relabel.selector import Predicate


class Outcome(enum.Enum):
    """What a rule did to the labels."""

    SKIPPED = "skipped"  # its `if` did not hold
    NO_MATCH = "no match"
    UNCHANGED = "unchanged"  # it matched, and the labels stayed as they were
    CHANGED = "changed"
    DROPPED = "dropped"


@attrs.frozen
class RuleStep:
    """One rule: what it looked at (`text`; None if its `if` did not hold), and what came of it.

    `after` is None if the rule dropped the series.
    """

    index: int
    rule: RelabelRule
    outcome: Outcome
    matched: bool
    text: str | None
    before: Mapping[str, str]
    after: Mapping[str, str] | None


@attrs.frozen
class Explanation:
    """The steps up to the rule that dropped the series, or all; `labels` is None if dropped."""

    steps: tuple[RuleStep, ...]
    labels: Mapping[str, str] | None

    @property
    def dropped_by(self) -> int | None:
        """The index of the rule that dropped the series."""
        return self.steps[-1].index if self.labels is None else None


def explain(rules: Sequence[RelabelRule] | Pipeline, labels: Mapping[str, str]) -> Explanation:
    """Raises RuleError if `rules` are not compiled yet and one is wrong."""
    pipeline = rules if isinstance(rules, Pipeline) else compile_rules(rules)
    current = {name: value for name, value in labels.items() if value}
    steps: list[RuleStep] = []
    compiled = zip(pipeline.rules, pipeline.actions, pipeline.conditions, strict=True)
    for index, (rule, action, condition) in enumerate(compiled):
        step = _step(index, rule, action, condition, current)
        steps.append(step)
        if step.after is None:
            return Explanation(tuple(steps), None)
        current = dict(step.after)
    return Explanation(tuple(steps), current)


def _step(
    index: int,
    rule: RelabelRule,
    action: Action,
    condition: Predicate | None,
    before: Mapping[str, str],
) -> RuleStep:
    is_met = condition is None or condition(before)
    probe = action.probe(before) if is_met else Probe("", False)
    after = dict(before)
    is_kept = action.run(after)
    return RuleStep(
        index=index,
        rule=rule,
        outcome=_outcome(is_met, probe, is_kept, before != after),
        matched=probe.matched,
        text=probe.text if is_met else None,
        before=before,
        after=after if is_kept else None,
    )


def _outcome(is_met: bool, probe: Probe, is_kept: bool, is_changed: bool) -> Outcome:
    if not is_kept:
        return Outcome.DROPPED
    if is_changed:
        return Outcome.CHANGED
    if not is_met:
        return Outcome.SKIPPED
    return Outcome.UNCHANGED if probe.matched else Outcome.NO_MATCH
