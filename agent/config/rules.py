"""Relabel rules: from YAML to RelabelRule, checked by the compiler of `relabel` itself.

Takes a list of rules as written, gives the rules; a rule that cannot be compiled is reported at
its key. Source: reference/prometheus.md 3.6, vmagent.md 1.5.
"""

from collections.abc import Mapping, Sequence
from typing import NewType

import attrs

from agent.config import scalars, tree
from agent.config.decode import Cursor, check, decode, decoder, did_you_mean, key
from agent.config.scalars import Count, Wrong
from relabel.errors import RuleError
from relabel.rule import RelabelRule

# For "did you mean"; the compiler decides what is known.
ACTIONS = (
    *("replace", "replace_all", "keep", "drop", "keepequal", "dropequal", "keep_if_equal"),
    *("drop_if_equal", "keep_if_contains", "drop_if_contains", "keep_metrics", "drop_metrics"),
    *("hashmod", "labelmap", "labelmap_all", "labeldrop", "labelkeep", "lowercase", "uppercase"),
    "graphite",
)

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


@check(RuleSection)
def _check_rule(section: RuleSection, cursor: Cursor) -> None:
    node = cursor.node
    if isinstance(node, tree.Mapping) and "action" in node.entries and not section.action:
        cursor.at("action").error("relabel action cannot be empty")


@decoder(RelabelRule)
def _decode_rule(cursor: Cursor) -> RelabelRule:
    section = decode(cursor, RuleSection)
    return RelabelRule(
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


def check_rules(rules: Sequence[RelabelRule], cursor: Cursor) -> None:
    """Compiles each rule alone, so that every broken one is told and not only the first."""
    if not rules:
        return
    try:
        from relabel.pipeline import compile_rules  # late: loads RE2
    except ImportError:
        return  # until the pipeline is there

    node = cursor.node
    if not isinstance(node, tree.Sequence) or len(node.items) != len(rules):
        return  # an item was left out as broken; the numbers would not fit
    for index, rule in enumerate(rules):
        try:
            compile_rules([rule])
        except RuleError as error:
            _report(cursor.child(index, node.items[index]), rule, error)


def _report(here: Cursor, rule: RelabelRule, error: RuleError) -> None:
    name = error.key
    hint = ""
    if name == "action":
        hint = did_you_mean(rule.action, ACTIONS)
    place = here.at(name) if name and here.has(name) else here
    place.error(error.reason, str(getattr(rule, name, "")), hint)
