"""Is a rule valid? The checks and the messages of Prometheus, and vmagent's for its own actions.

Takes a rule and the scheme of label names; raises RuleError naming the key at fault. Where the
two disagree, what Prometheus accepts is accepted (a `keep` without source_labels, say).
"""

import json
from collections.abc import Callable, Mapping

from relabel.actions import ACTIONS
from relabel.errors import RuleError
from relabel.names import UTF8, is_valid_name, is_valid_template
from relabel.rule import DEFAULT_REPLACEMENT, DEFAULT_SEPARATOR, RelabelRule

_NEED_SOURCES = frozenset(("replace_all", "keep_if_contains", "drop_if_contains"))
_NO_REPLACEMENT = frozenset(("lowercase", "uppercase", "keepequal", "dropequal"))
# A `target_label` that has to be a name as it stands; that of `replace` may be a template.
_PLAIN_TARGET = _NEED_SOURCES | _NO_REPLACEMENT | {"hashmod"}
_NEED_TARGET = _PLAIN_TARGET | {"replace"}


def validate(rule: RelabelRule, scheme: str = UTF8) -> None:
    """Raises RuleError (with index 0) for the first thing that is wrong; `action` in lower case."""
    _check_action(rule)
    _check_needed(rule)
    _check_names(rule, scheme)
    if rule.action in _NO_REPLACEMENT and rule.replacement not in (None, DEFAULT_REPLACEMENT):
        raise RuleError(f"'replacement' can not be set for {rule.action} action", key="replacement")
    for check in _BY_ACTION.get(rule.action, ()):
        check(rule)
    if rule.action != "graphite":
        _check_not_graphite(rule)


def _check_action(rule: RelabelRule) -> None:
    if not rule.action:
        raise RuleError("relabel action cannot be empty", key="action")
    if rule.action not in ACTIONS:
        from difflib import get_close_matches  # late: only a mistake needs it

        near = get_close_matches(rule.action, ACTIONS, n=1)
        hint = f'; did you mean "{near[0]}"?' if near else f"; known: {', '.join(ACTIONS)}"
        raise RuleError(f"unknown relabel action {quoted(rule.action)}{hint}", key="action")


def _check_needed(rule: RelabelRule) -> None:
    if rule.action == "hashmod" and rule.modulus == 0:
        raise RuleError(
            "relabel configuration for hashmod requires non-zero modulus", key="modulus"
        )
    if not 0 <= rule.modulus < 2**64:
        raise RuleError(f"modulus {rule.modulus} is not an unsigned 64-bit number", key="modulus")
    if rule.action in _NEED_TARGET and not rule.target_label:
        raise _requires(rule, "target_label")
    if rule.action in _NEED_SOURCES and not rule.source_labels:
        raise _requires(rule, "source_labels")


def _requires(rule: RelabelRule, key: str) -> RuleError:
    return RuleError(
        f"relabel configuration for {rule.action} action requires '{key}' value", key=key
    )


def _check_names(rule: RelabelRule, scheme: str) -> None:
    for name in rule.source_labels:
        if not name:
            raise RuleError(f"{quoted(name)} is not a valid label name", key="source_labels")
    target = rule.target_label
    if rule.action in _PLAIN_TARGET or (rule.action == "replace" and "$" not in target):
        is_valid = is_valid_name(target, scheme)
    else:
        is_valid = rule.action != "replace" or is_valid_template(target, scheme)
    if not is_valid:
        raise _invalid(rule, "target_label", target)
    if rule.action == "labelmap":
        template = DEFAULT_REPLACEMENT if rule.replacement is None else rule.replacement
        if not is_valid_template(template, scheme):
            raise _invalid(rule, "replacement", template)


def _invalid(rule: RelabelRule, key: str, value: str) -> RuleError:
    return RuleError(f"{quoted(value)} is invalid '{key}' for {rule.action} action", key=key)


def _check_equal(rule: RelabelRule) -> None:
    if rule.regex is not None or rule.modulus or _has_separator(rule):
        raise RuleError(
            f"{rule.action} action requires only 'source_labels' and `target_label`,"
            " and no other fields",
            key=_first_set(rule, "regex", "modulus", "separator"),
        )


def _check_name_filter(rule: RelabelRule) -> None:
    has_replacement = rule.replacement not in (None, DEFAULT_REPLACEMENT)
    others = rule.source_labels or rule.target_label or rule.modulus
    if others or has_replacement or _has_separator(rule):
        raise RuleError(
            f"{rule.action} action requires only 'regex', and no other fields",
            key=_first_set(
                rule, "source_labels", "target_label", "modulus", "separator", "replacement"
            ),
        )


def _has_separator(rule: RelabelRule) -> bool:
    return rule.separator not in (None, DEFAULT_SEPARATOR)


def _first_set(rule: RelabelRule, *keys: str) -> str:
    return next((key for key in keys if getattr(rule, key) not in (None, "", (), 0)), "")


def _check_if_equal(rule: RelabelRule) -> None:
    if len(rule.source_labels) < 2:
        raise RuleError(
            f"{rule.action} action requires at least two 'source_labels'", key="source_labels"
        )
    _forbid(rule, "target_label", "regex")


def _check_contains(rule: RelabelRule) -> None:
    _forbid(rule, "regex")


def _check_metrics(rule: RelabelRule) -> None:
    if not rule.regex and not rule.if_:
        raise RuleError(f"{rule.action} action requires a non-empty 'regex' or 'if'", key="regex")
    _forbid(rule, "source_labels")


def _check_graphite(rule: RelabelRule) -> None:
    for key in ("match", "labels"):
        if not getattr(rule, key):
            raise _requires(rule, key)
    if "" in rule.labels:
        raise RuleError('"" is not a valid label name', key="labels")
    _forbid(rule, "source_labels", "target_label", "replacement", "regex")


def _check_not_graphite(rule: RelabelRule) -> None:
    _forbid(rule, "match", "labels", where="only graphite has it")


def _forbid(rule: RelabelRule, *keys: str, where: str = "") -> None:
    for key in keys:
        value = getattr(rule, key)
        if value or (value == "" and key in ("replacement", "regex")):
            hint = f"; {where}" if where else ""
            raise RuleError(f"'{key}' can not be set for {rule.action} action{hint}", key=key)


_BY_ACTION: Mapping[str, tuple[Callable[[RelabelRule], None], ...]] = {
    "keepequal": (_check_equal,),
    "dropequal": (_check_equal,),
    "labeldrop": (_check_name_filter,),
    "labelkeep": (_check_name_filter,),
    "keep_if_equal": (_check_if_equal,),
    "drop_if_equal": (_check_if_equal,),
    "keep_if_contains": (_check_contains,),
    "drop_if_contains": (_check_contains,),
    "keep_metrics": (_check_metrics,),
    "drop_metrics": (_check_metrics,),
    "graphite": (_check_graphite,),
}


def quoted(text: str) -> str:
    """The text in double quotes, as Go's %q shows it; cut to 80 characters."""
    return json.dumps(text[:80], ensure_ascii=False)
