"""All actions by name: what compiles a valid rule of that action.

Prometheus' eleven (reference/prometheus.md 3.6) and vmagent's (reference/vmagent.md 1.5). Names
are written in lower case here; a configuration may write them in any.
"""

from collections.abc import Callable, Mapping

from relabel import actions_filter, actions_name, actions_value
from relabel.action import Action
from relabel.actions_replace import replace
from relabel.graphite import graphite
from relabel.rule import RelabelRule

Compile = Callable[[RelabelRule, str], Action]


def _without_scheme(compile_action: Callable[[RelabelRule], Action]) -> Compile:
    """Only `replace` computes label names that Prometheus checks by the scheme."""
    return lambda rule, scheme: compile_action(rule)


ACTIONS: Mapping[str, Compile] = {
    "replace": replace,
    "keep": _without_scheme(actions_filter.keep),
    "drop": _without_scheme(actions_filter.drop),
    "keepequal": _without_scheme(actions_filter.keepequal),
    "dropequal": _without_scheme(actions_filter.dropequal),
    "hashmod": _without_scheme(actions_value.hashmod),
    "labelmap": _without_scheme(actions_name.labelmap),
    "labeldrop": _without_scheme(actions_name.labeldrop),
    "labelkeep": _without_scheme(actions_name.labelkeep),
    "lowercase": _without_scheme(actions_value.lowercase),
    "uppercase": _without_scheme(actions_value.uppercase),
    # vmagent's own
    "replace_all": _without_scheme(actions_value.replace_all),
    "keep_if_equal": _without_scheme(actions_filter.keep_if_equal),
    "drop_if_equal": _without_scheme(actions_filter.drop_if_equal),
    "keep_if_contains": _without_scheme(actions_filter.keep_if_contains),
    "drop_if_contains": _without_scheme(actions_filter.drop_if_contains),
    "keep_metrics": _without_scheme(actions_filter.keep_metrics),
    "drop_metrics": _without_scheme(actions_filter.drop_metrics),
    "labelmap_all": _without_scheme(actions_name.labelmap_all),
    "graphite": _without_scheme(graphite),
}

# A series that fails the `if` of these is dropped; with every other action it passes by.
DROP_ON_MISMATCH = frozenset(("keep", "keep_metrics"))
