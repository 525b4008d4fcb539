"""Relabel rules: from YAML to RelabelRule, checked by the compiler of `relabel` itself.

Takes a list of rules as written, gives the rules; a rule that cannot be compiled is reported at
its key. Source: reference/prometheus.md 3.6, vmagent.md 1.5.
"""

from collections.abc import Mapping
from typing import NewType

import attrs

from agent.config import scalars, tree
from agent.config.cursor import Cursor
from agent.config.decode import decode, key
from agent.config.registry import decoder
from agent.config.scalars import Count, Wrong
from relabel.errors import RuleError
from relabel.rule import RelabelRule

Rules = tuple[RelabelRule, ...]
TextOrList = NewType("TextOrList", tuple)  # type: ignore[type-arg]  # of texts


@attrs.frozen(kw_only=True)
class RuleSection:
    """A rule as written; None where a key is missing."""

    here: Cursor = attrs.field(metadata=key(None), eq=False, repr=False)
    action: str | None = None
    source_labels: tuple[str, ...] = ()
    separator: str | None = None
    target_label: str = ""
    regex: TextOrList | None = None
    modulus: Count = Count(0)
    replacement: str | None = None
    if_: TextOrList | None = attrs.field(default=None, metadata=key("if"))
    match: str = ""
    labels: Mapping[str, str] = attrs.field(factory=dict)


@decoder(TextOrList)
def _decode_text_or_list(cursor: Cursor) -> tuple[str, ...]:
    node = cursor.node
    if not isinstance(node, tree.Sequence):
        return (scalars.text(node),)
    texts = []
    for index, item in enumerate(node.items):
        try:
            texts.append(scalars.text(item))
        except Wrong as wrong:
            cursor.child(index, item).wrong(wrong)
    return tuple(texts)


@decoder(RelabelRule)
def _decode_rule(cursor: Cursor) -> RelabelRule:
    section = decode(cursor, RuleSection)
    if not section.action and "action" in getattr(cursor.node, "entries", ()):
        cursor.at("action").error("relabel action cannot be empty")
        cursor.broken.add("action")
    rule = RelabelRule(
        action=(section.action or "replace").lower(),
        source_labels=section.source_labels,
        separator=section.separator,
        target_label=section.target_label,
        regex=None if section.regex is None else "|".join(section.regex),
        modulus=section.modulus,
        replacement=section.replacement,
        if_=section.if_ or (),
        match=section.match,
        labels=section.labels,
    )
    told = set(cursor.broken)
    if not told and (error := _error_of(rule)):
        _report(cursor, rule, error)
        told.add(error.key)
    if told:
        _check_patterns(rule, cursor, told)
    return rule


def _error_of(rule: RelabelRule) -> RuleError | None:
    """Compiled alone, so that every broken rule is told and not only the first of a list."""
    from relabel.pipeline import compile_rules  # late: loads RE2

    try:
        compile_rules([rule])
    except RuleError as error:
        return error
    return None


def _check_patterns(rule: RelabelRule, cursor: Cursor, told: set[str]) -> None:
    """The patterns of a rule that is broken elsewhere, each in a rule of its own."""
    for name, keys in (("regex", {"regex": rule.regex}), ("if", {"if_": rule.if_})):
        if cursor.has(name) and name not in told:
            probe = RelabelRule(action="keep", source_labels=("probe",), **keys)
            if (error := _error_of(probe)) and error.key == name:
                _report(cursor, rule, error)


def _report(cursor: Cursor, rule: RelabelRule, error: RuleError) -> None:
    name = error.key
    place = cursor.at(name) if name and cursor.has(name) else cursor
    place.error(error.reason, str(getattr(rule, name, "")))


def check_legacy_rules(here: Cursor, key: str, rules: Rules) -> None:
    """Rules under the `legacy` scheme, which is known only when a job has its whole meaning."""
    if not rules or not here.is_sound(key):
        return
    from relabel.names import LEGACY
    from relabel.pipeline import rule_errors  # late: loads RE2

    for error in rule_errors(rules, scheme=LEGACY):
        _report(here.at(key).item(error.index), rules[error.index], error)
