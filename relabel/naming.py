"""Names of labels made fit to be stored: -usePromCompatibleNaming, and reserved labels left out.

Takes labels, gives a new dict. Both are steps after relabelling in vmagent (reference 1.1, 1.5).
"""

import re
from collections.abc import Mapping

from series.labels import METRIC_NAME

_NOT_IN_LABEL_NAME = re.compile(r"[^a-zA-Z0-9_]")
_NOT_IN_METRIC_NAME = re.compile(r"[^a-zA-Z0-9_:]")


def prometheus_compatible(labels: Mapping[str, str]) -> dict[str, str]:
    """Every character that legacy Prometheus refuses in metric and label names becomes `_`.

    Where two names become one, the label whose own name sorts last wins.
    """
    compatible = {}
    for name in sorted(labels):
        if name == METRIC_NAME:
            compatible[name] = metric_name(labels[name])
        else:
            compatible[label_name(name)] = labels[name]
    return compatible


def label_name(name: str) -> str:
    return _NOT_IN_LABEL_NAME.sub("_", name)


def metric_name(name: str) -> str:
    return _NOT_IN_METRIC_NAME.sub("_", name)


def without_reserved(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that may be stored: those starting with `__` are scratch space, but the name."""
    return {
        name: value
        for name, value in labels.items()
        if name == METRIC_NAME or not name.startswith("__")
    }
