"""What becomes of a series on its way to one remote, step by step.

Takes RemoteSteps and labels; gives a RemoteExplanation, whose labels are those that
`RemoteSteps.apply` gives. Counts nothing as dropped.
"""

from collections.abc import Mapping

import attrs

from relabel.explain import explain
from relabel.explain_text import explanation_lines, rule_text
from relabel.pipeline import Pipeline
from relabel.remote_steps import RemoteSteps

COMMON, OWN = "-remoteWrite.relabelConfig", "the remote's own rules"


@attrs.frozen
class RemoteExplanation:
    """`dropped_by` says which rule or limit, "" if none; `labels` is None then."""

    lines: tuple[str, ...]
    dropped_by: str
    labels: Mapping[str, str] | None


def explain_remote(steps: RemoteSteps, labels: Mapping[str, str]) -> RemoteExplanation:
    lines, dropped_by = _through(COMMON, steps.common, labels)
    if dropped_by:
        return RemoteExplanation(tuple(lines), dropped_by, None)
    current = steps.relabelled(steps.common, labels, strips=not steps.common.is_empty) or {}
    excess = steps.limits.excess(current)
    if excess is not None:
        return RemoteExplanation(tuple(lines), f"-maxLabels...: {excess.value}", None)
    more, dropped_by = _through(OWN, steps.own, current)
    if dropped_by:
        return RemoteExplanation((*lines, *more), dropped_by, None)
    final = attrs.evolve(steps).apply(labels)  # a copy: nothing is counted
    dropped_by = "" if final else "the rules together: no label is left"
    return RemoteExplanation((*lines, *more), dropped_by, final)


def _through(what: str, pipeline: Pipeline, labels: Mapping[str, str]) -> tuple[list[str], str]:
    """The trace, and the rule that drops the series."""
    if pipeline.is_empty:
        return [], ""
    explanation = explain(pipeline, labels)
    lines = [f"{what}:", *(f"  {line}" for line in explanation_lines(explanation, labels))]
    index = explanation.dropped_by
    if index is None:
        return lines, ""
    return lines, f"rule {index + 1} of {what}: {rule_text(pipeline.rules[index])}"
