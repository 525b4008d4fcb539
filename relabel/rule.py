"""One relabelling rule as the user wrote it, defaults applied.

The keys of Prometheus' `relabel_config` (reference/prometheus.md 3.6) and vmagent's additions
(reference/vmagent.md 1.5). What a rule does is compiled elsewhere.
"""

from collections.abc import Mapping

import attrs

DEFAULT_REGEX = "(.*)"
DEFAULT_REPLACEMENT = "$1"
DEFAULT_SEPARATOR = ";"


@attrs.frozen(kw_only=True)
class RelabelRule:
    """`regex` is None where the user gave none: some actions forbid it, others default to (.*)."""

    action: str = "replace"
    source_labels: tuple[str, ...] = ()
    separator: str | None = None
    target_label: str = ""
    regex: str | None = None
    modulus: int = 0
    replacement: str | None = None
    if_: tuple[str, ...] = ()
    match: str = ""
    labels: Mapping[str, str] = attrs.field(factory=dict)
