"""Explanations as text, for terminals and plain pages.

Takes a rule or an Explanation; gives lines. A rule is shown as one line of YAML, that can be
pasted into a configuration.
"""

import json
import re
from collections.abc import Iterator, Mapping

from relabel.explain import Explanation, Outcome, RuleStep
from relabel.rule import RelabelRule
from series.labels import canonical, readable

# Texts that YAML takes as they are, wherever they stand; everything else is quoted.
_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_NOT_TEXT = frozenset(("y", "n", "yes", "no", "on", "off", "true", "false", "null"))

# Values can be as long as a target likes.
MAX_SHOWN = 200


def rule_text(rule: RelabelRule) -> str:
    """`{action: drop, source_labels: [job], regex: a.*}`: what the user wrote, without defaults."""
    keys: list[str] = []
    if rule.if_:
        selectors = ", ".join(map(_quoted, rule.if_))
        keys.append(f"if: {selectors}" if len(rule.if_) == 1 else f"if: [{selectors}]")
    if rule.action != "replace":
        keys.append(f"action: {rule.action}")
    if rule.source_labels:
        keys.append(f"source_labels: [{', '.join(map(_quoted, rule.source_labels))}]")
    for key in ("separator", "regex", "target_label", "replacement", "match"):
        value = getattr(rule, key)
        if value is not None and (value or key in ("separator", "regex", "replacement")):
            keys.append(f"{key}: {_quoted(value)}")
    if rule.modulus:
        keys.append(f"modulus: {rule.modulus}")
    if rule.labels:
        labels = [f"{_quoted(name)}: {_quoted(text)}" for name, text in rule.labels.items()]
        keys.append(f"labels: {{{', '.join(labels)}}}")
    return f"{{{', '.join(keys)}}}"


def explanation_lines(explanation: Explanation, before: Mapping[str, str]) -> Iterator[str]:
    """The series, a pair of lines for each rule, and what came of it."""
    yield _series(before)
    for step in explanation.steps:
        yield f"  {step.index + 1}  {rule_text(step.rule)}"
        yield f"     {outcome_text(step)}"
    if explanation.dropped_by is not None:
        yield f"  => dropped by rule {explanation.dropped_by + 1}"
    elif explanation.labels is not None:
        yield f"  => {_series(explanation.labels)}"


def outcome_text(step: RuleStep) -> str:
    """What the rule looked at and did: `on "10.0.0.1:80": changed: +host="10.0.0.1"`."""
    if step.outcome is Outcome.SKIPPED:
        return "its `if` does not hold: skipped"
    looked_at = "its `if` does not hold" if step.text is None else f"on {_cut(step.text)}"
    if step.outcome is Outcome.CHANGED and step.after is not None:
        return f"{looked_at}: changed: {' '.join(change_texts(step.before, step.after))}"
    return f"{looked_at}: {step.outcome.value}"


def change_texts(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    """`+a="new"`, `-b="gone"`, `c="old"->"new"`, by label name."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        if old is None and new is not None:
            yield f"+{name}={_cut(new)}"
        elif new is None and old is not None:
            yield f"-{name}={_cut(old)}"
        elif old is not None and new is not None:
            yield f"{name}={_cut(old)}->{_cut(new)}"


def _series(labels: Mapping[str, str]) -> str:
    return readable(canonical(labels))


def _quoted(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _NOT_TEXT:
        return text
    if text.isprintable() and "'" not in text:
        return f"'{text}'"
    return json.dumps(text, ensure_ascii=False)


def _cut(text: str) -> str:
    shown = text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "..."
    return json.dumps(shown, ensure_ascii=False)
