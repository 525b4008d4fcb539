"""A list of rules, compiled once: labels in, labels or None (dropped) out.

Takes rules; gives a Pipeline with no string dispatch left in it, or a RuleError.
Invariant: what comes out has no empty name and no empty value; the input is never changed; the
result does not depend on the order of the input's labels.
Never: raises when applied.
"""

from collections.abc import Collection, Mapping, Sequence

import attrs

from relabel import flow
from relabel.action import Action, Labels, Step
from relabel.actions import ACTIONS, DROP_ON_MISMATCH
from relabel.errors import PatternError, RuleError, SelectorError
from relabel.names import UTF8
from relabel.rule import RelabelRule
from relabel.selector import Predicate, any_of, parse_selector
from relabel.validate import validate


class Pipeline:
    """Compiled rules.

    `reads`, `copies` and `changes` are those of `flow.py`: label names, or None where they cannot
    be listed without knowing the input's names; `reads_among` knows them.
    `actions` and `conditions` stand beside `rules`, for `explain`.
    """

    __slots__ = ("_steps", "actions", "changes", "conditions", "copies", "reads", "rules")

    def __init__(
        self,
        rules: tuple[RelabelRule, ...],
        actions: tuple[Action, ...],
        conditions: tuple[Predicate | None, ...],
    ) -> None:
        self.rules, self.actions, self.conditions = rules, actions, conditions
        self._steps = tuple(action.run for action in actions)
        self.reads = flow.reads(actions)
        self.copies = flow.copies(actions)
        self.changes = flow.changes(actions)

    @property
    def is_empty(self) -> bool:
        return not self._steps

    def apply(self, labels: Mapping[str, str]) -> dict[str, str] | None:
        """The relabelled labels, in no particular order; None if a rule drops the series."""
        # Hot for a cold cache: bench/bench_relabel.py holds the figure.
        work = {name: value for name, value in labels.items() if value}
        for step in self._steps:
            if not step(work):
                return None
        return work

    def reads_among(
        self, names: Collection[str], *, results: Collection[str] = ()
    ) -> frozenset[str]:
        """Which of the input labels `names` the rules read by value (see `flow.reads_among`)."""
        return flow.reads_among(self.actions, names, results=results)


def compile_rules(rules: Sequence[RelabelRule], *, scheme: str = UTF8) -> Pipeline:
    """Raises RuleError for the first rule that is wrong. `scheme`: how label names are checked."""
    normal = tuple(_normal(rule) for rule in rules)
    compiled = [_compile(rule, index, scheme) for index, rule in enumerate(normal)]
    actions = tuple(action for action, _ in compiled)
    return Pipeline(normal, actions, tuple(condition for _, condition in compiled))


def rule_errors(rules: Sequence[RelabelRule], *, scheme: str = UTF8) -> list[RuleError]:
    """What is wrong with the rules: the first error of each rule that has one."""
    errors = []
    for index, rule in enumerate(rules):
        try:
            _compile(_normal(rule), index, scheme)
        except RuleError as error:
            errors.append(error)
    return errors


def _normal(rule: RelabelRule) -> RelabelRule:
    return attrs.evolve(rule, action=rule.action.lower())


def _compile(rule: RelabelRule, index: int, scheme: str) -> tuple[Action, Predicate | None]:
    try:
        validate(rule, scheme)
        reads, condition = _condition(rule)
        action = ACTIONS[rule.action](rule, scheme)
    except RuleError as error:
        raise RuleError(error.reason, key=error.key, index=index) from error
    except PatternError as error:
        raise RuleError(error.reason, key="regex", index=index) from error
    except SelectorError as error:
        raise RuleError(str(error), key="if", index=index) from error
    if condition is None:
        return action, None
    return _conditional(action, condition, reads, rule.action in DROP_ON_MISMATCH), condition


def _condition(rule: RelabelRule) -> tuple[frozenset[str], Predicate | None]:
    selectors = [parse_selector(text) for text in rule.if_]
    if not selectors:
        return frozenset(), None
    reads = frozenset(name for selector in selectors for name in selector.reads)
    return reads, any_of([selector.predicate() for selector in selectors])


def _conditional(
    action: Action, condition: Predicate, reads: frozenset[str], drops: bool
) -> Action:
    run: Step = action.run

    def run_if(labels: Labels) -> bool:
        return run(labels) if condition(labels) else not drops

    return attrs.evolve(action, run=run_if, reads=action.reads | reads)
