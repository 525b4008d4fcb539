"""The action `replace`: a template, filled from a match, becomes the value of a label.

Takes a valid rule and the scheme of label names; gives an Action. The general case is written
once (`_general`); the cases that make up most configurations skip what they do not need.
"""

from collections.abc import Callable, Mapping

from relabel.action import Action, Labels, Probe, Step, put
from relabel.expand import Expansion, bind
from relabel.joined import joined
from relabel.names import name_test
from relabel.pattern import Kind, Pattern, compile_pattern
from relabel.rule import DEFAULT_REGEX, DEFAULT_REPLACEMENT, RelabelRule


def replace(rule: RelabelRule, scheme: str) -> Action:
    pattern = compile_pattern(DEFAULT_REGEX if rule.regex is None else rule.regex)
    template = DEFAULT_REPLACEMENT if rule.replacement is None else rule.replacement
    value = bind(template, pattern.group_count, pattern.group_names, with_labels=True)
    target = bind(rule.target_label, pattern.group_count, pattern.group_names)
    text_of = joined(rule.source_labels, rule.separator)

    def probe(labels: Mapping[str, str]) -> Probe:
        text = text_of(labels)
        return Probe(text, pattern.matches(text))

    return Action(
        run=_step(rule, pattern, target, value, name_test(scheme)),
        probe=probe,
        reads=_reads(rule, pattern, target, value),
        copies=_copies(rule, pattern, target, value),
        changes=None if target.constant is None else frozenset((target.constant,)),
    )


def _reads(
    rule: RelabelRule, pattern: Pattern, target: Expansion, value: Expansion
) -> frozenset[str]:
    copied = _copied_label(rule, pattern, target, value)
    read: set[str] = set()
    if pattern.kind is Kind.OTHER or (copied is None and (value.has_groups or target.has_groups)):
        read.update(rule.source_labels)
    if copied is None:
        read.update(value.labels)
    return frozenset(read)


def _copies(
    rule: RelabelRule, pattern: Pattern, target: Expansion, value: Expansion
) -> tuple[tuple[str, str], ...]:
    copied = _copied_label(rule, pattern, target, value)
    if copied is None or target.constant is None:
        return ()
    return ((copied, target.constant),)


def _copied_label(
    rule: RelabelRule, pattern: Pattern, target: Expansion, value: Expansion
) -> str | None:
    """The label whose whole value is what this rule writes, if there is one."""
    if target.constant is None or len(value.parts) != 1:
        return None
    part = value.parts[0]
    if isinstance(part, tuple):
        is_whole = pattern.kind in (Kind.ANY, Kind.SOME) and part[0] in pattern.whole_groups
        return rule.source_labels[0] if is_whole and len(rule.source_labels) == 1 else None
    # A `{{label}}` is written whatever was matched.
    return None if isinstance(part, str) else part.name


def _step(
    rule: RelabelRule,
    pattern: Pattern,
    target: Expansion,
    value: Expansion,
    is_name: Callable[[str], bool],
) -> Step:
    name = target.constant
    if name is None:
        return _general(rule, pattern, target, value, is_name)
    if not is_name(name):  # refused by validate; never raise, never write it
        return lambda labels: True
    text = value.constant
    if text is not None:
        return _write_constant(rule, pattern, name, text)
    if _copied_label(rule, pattern, target, value) and not value.labels:
        return _copy(rule.source_labels[0], name, keeps_empty=pattern.kind is Kind.ANY)
    return _write(rule, pattern, name, value)


def _write_constant(rule: RelabelRule, pattern: Pattern, name: str, text: str) -> Step:
    text_of, matches = joined(rule.source_labels, rule.separator), pattern.matches

    def write(labels: Labels) -> bool:
        labels[name] = text
        return True

    def write_if_match(labels: Labels) -> bool:
        if matches(text_of(labels)):
            labels[name] = text
        return True

    def remove_if_match(labels: Labels) -> bool:
        if name in labels and matches(text_of(labels)):
            del labels[name]
        return True

    if not text:
        return remove_if_match
    return write if pattern.kind is Kind.ANY else write_if_match


def _copy(source: str, name: str, *, keeps_empty: bool) -> Step:
    """`(.*)` to `$1` (an absent source removes the target) or `(.+)` to `$1` (it does not)."""

    def copy(labels: Labels) -> bool:
        value = labels.get(source)
        if value:
            labels[name] = value
        elif keeps_empty:
            labels.pop(name, None)
        return True

    return copy


def _write(rule: RelabelRule, pattern: Pattern, name: str, value: Expansion) -> Step:
    text_of, groups_of, expand = (
        joined(rule.source_labels, rule.separator),
        pattern.groups,
        value.expand,
    )

    def write(labels: Labels) -> bool:
        groups = groups_of(text_of(labels))
        if groups is None:
            return True
        put(labels, name, expand(groups, labels))
        return True

    return write


def _general(
    rule: RelabelRule,
    pattern: Pattern,
    target: Expansion,
    value: Expansion,
    is_name: Callable[[str], bool],
) -> Step:
    text_of = joined(rule.source_labels, rule.separator)

    def write(labels: Labels) -> bool:
        groups = pattern.groups(text_of(labels))
        if groups is None:
            return True
        name = target.expand(groups, labels)
        if not is_name(name):  # Prometheus: a name that came out invalid is no change
            return True
        put(labels, name, value.expand(groups, labels))
        return True

    return write
