"""`/api/v1/targets/relabel_steps`: each rule and what it leaves, as Prometheus' API shows it."""

import json
from typing import TYPE_CHECKING, Any

from web.api.envelope import ApiError

if TYPE_CHECKING:
    from relabel.pipeline import Pipeline
    from relabel.rule import RelabelRule

MAX_LABELS = 1000


def labels_of(text: str) -> dict[str, str]:
    """The labels in a JSON object. Raises ApiError."""
    if not text:
        raise ApiError("bad_data", "no labels parameter provided")
    try:
        labels: Any = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise ApiError("bad_data", f"error parsing labels: {exc}") from exc
    is_object = isinstance(labels, dict) and len(labels) <= MAX_LABELS
    if not is_object or not all(isinstance(value, str) for value in labels.values()):
        raise ApiError("bad_data", "error parsing labels: a JSON object of texts is wanted")
    return dict(labels)


def relabel_steps(pipeline: "Pipeline", labels: dict[str, str]) -> dict[str, object]:
    """One step for each rule, those behind a drop included."""
    from relabel.explain import explain  # late: hardly anybody asks

    explained = explain(pipeline, labels)
    steps = [
        {
            "rule": rule_document(step.rule),
            "output": step.after or {},
            "keep": step.after is not None,
        }
        for step in explained.steps
    ]
    steps += [
        {"rule": rule_document(rule), "output": {}, "keep": False}
        for rule in pipeline.rules[len(steps) :]
    ]
    return {"steps": steps}


def rule_document(rule: "RelabelRule") -> dict[str, object]:
    """A rule under Prometheus' keys; those that say nothing are left out."""
    document: dict[str, object] = {
        "source_labels": list(rule.source_labels),
        "separator": ";" if rule.separator is None else rule.separator,
        "regex": "(.*)" if rule.regex is None else rule.regex,
        "modulus": rule.modulus,
        "target_label": rule.target_label,
        "replacement": "$1" if rule.replacement is None else rule.replacement,
        "action": rule.action,
        "if": list(rule.if_),
    }
    return {key: value for key, value in document.items() if value not in ("", 0, [])}
