"""Actions that keep or drop the whole series: they change no label.

Each function takes a valid rule and gives an Action. The vmagent names beside Prometheus':
keep_if_equal, drop_if_equal, keep_if_contains, drop_if_contains, keep_metrics, drop_metrics.
"""

from collections.abc import Callable, Mapping

from relabel.action import NOTHING, Action, Probe
from relabel.joined import joined
from relabel.pattern import Kind, compile_pattern
from relabel.rule import DEFAULT_REGEX, RelabelRule
from series.labels import METRIC_NAME

Test = Callable[[Mapping[str, str]], bool]


def keep(rule: RelabelRule) -> Action:
    return _by_pattern(rule, rule.source_labels, keeps=True)


def drop(rule: RelabelRule) -> Action:
    return _by_pattern(rule, rule.source_labels, keeps=False)


def keep_metrics(rule: RelabelRule) -> Action:
    return _by_pattern(rule, (METRIC_NAME,), keeps=True)


def drop_metrics(rule: RelabelRule) -> Action:
    return _by_pattern(rule, (METRIC_NAME,), keeps=False)


def _by_pattern(rule: RelabelRule, sources: tuple[str, ...], *, keeps: bool) -> Action:
    pattern = compile_pattern(DEFAULT_REGEX if rule.regex is None else rule.regex)
    text_of, matches = joined(sources, rule.separator), pattern.matches

    def keep_step(labels: dict[str, str]) -> bool:
        return matches(text_of(labels))

    def drop_step(labels: dict[str, str]) -> bool:
        return not matches(text_of(labels))

    def probe(labels: Mapping[str, str]) -> Probe:
        text = text_of(labels)
        return Probe(text, matches(text))

    return Action(
        run=keep_step if keeps else drop_step,
        probe=probe,
        reads=frozenset(sources) if pattern.kind is Kind.OTHER else NOTHING,
    )


def keepequal(rule: RelabelRule) -> Action:
    return _by_test(rule, _equals_target(rule), keeps=True)


def dropequal(rule: RelabelRule) -> Action:
    return _by_test(rule, _equals_target(rule), keeps=False)


def keep_if_equal(rule: RelabelRule) -> Action:
    return _by_test(rule, _are_equal(rule), keeps=True)


def drop_if_equal(rule: RelabelRule) -> Action:
    return _by_test(rule, _are_equal(rule), keeps=False)


def keep_if_contains(rule: RelabelRule) -> Action:
    return _by_test(rule, _contains_all(rule), keeps=True)


def drop_if_contains(rule: RelabelRule) -> Action:
    return _by_test(rule, _contains_all(rule), keeps=False)


def _equals_target(rule: RelabelRule) -> Test:
    text_of, target = joined(rule.source_labels, rule.separator), rule.target_label
    return lambda labels: text_of(labels) == labels.get(target, "")


def _are_equal(rule: RelabelRule) -> Test:
    first, *others = rule.source_labels

    def test(labels: Mapping[str, str]) -> bool:
        value = labels.get(first, "")
        return all(labels.get(other, "") == value for other in others)

    return test


def _contains_all(rule: RelabelRule) -> Test:
    target, sources = rule.target_label, rule.source_labels

    def test(labels: Mapping[str, str]) -> bool:
        value = labels.get(target, "")
        return all(labels.get(source, "") in value for source in sources)

    return test


def _by_test(rule: RelabelRule, test: Test, *, keeps: bool) -> Action:
    compared = (*rule.source_labels, *([rule.target_label] if rule.target_label else []))

    def probe(labels: Mapping[str, str]) -> Probe:
        texts = [f"{name}={labels.get(name, '')!r}" for name in compared]
        return Probe(" ".join(texts), test(labels))

    return Action(
        run=test if keeps else lambda labels: not test(labels),
        probe=probe,
        reads=frozenset(compared),
    )
