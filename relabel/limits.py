"""How large a label set may be: -maxLabelsPerTimeseries, -maxLabelNameLen, -maxLabelValueLen.

Takes labels; says which limit they break. As in vmagent such a series is dropped whole, after the
global rules and before those of a remote (reference/vmagent.md 1.1). Lengths are bytes of UTF-8.
"""

import enum
from collections.abc import Mapping

import attrs


class Excess(enum.Enum):
    """The limit that is broken; the value is the `reason` of `vm_rows_ignored_total`."""

    LABELS = "too_many_labels"
    NAME = "too_long_label_name"
    VALUE = "too_long_label_value"


@attrs.frozen(kw_only=True)
class LabelLimits:
    """0 is no limit."""

    max_labels: int = 0
    max_name_bytes: int = 0
    max_value_bytes: int = 0

    def __attrs_post_init__(self) -> None:
        for field in ("max_labels", "max_name_bytes", "max_value_bytes"):
            if getattr(self, field) < 0:
                raise ValueError(f"{field} is {getattr(self, field)}; it must be 0 or more")

    @property
    def is_empty(self) -> bool:
        return not (self.max_labels or self.max_name_bytes or self.max_value_bytes)

    def excess(self, labels: Mapping[str, str]) -> Excess | None:
        """The first limit that `labels` (the metric name counts as one) break, or None."""
        if self.max_labels and len(labels) > self.max_labels:
            return Excess.LABELS
        for name, value in labels.items():
            if self.max_name_bytes and len(name.encode("utf-8", "replace")) > self.max_name_bytes:
                return Excess.NAME
            if (
                self.max_value_bytes
                and len(value.encode("utf-8", "replace")) > self.max_value_bytes
            ):
                return Excess.VALUE
        return None
