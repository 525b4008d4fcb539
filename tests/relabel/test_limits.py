"""Limits on label sets."""

import pytest

from relabel.limits import Excess, LabelLimits

LABELS = {"__name__": "up", "job": "é" * 5}


@pytest.mark.parametrize(
    ("limits", "excess"),
    [
        pytest.param(LabelLimits(), None, id="no limits"),
        pytest.param(LabelLimits(max_labels=2), None, id="as many labels as allowed"),
        pytest.param(LabelLimits(max_labels=1), Excess.LABELS, id="the metric name counts"),
        pytest.param(LabelLimits(max_name_bytes=8), None, id="a name as long as allowed"),
        pytest.param(LabelLimits(max_name_bytes=7), Excess.NAME, id="a name too long"),
        pytest.param(LabelLimits(max_value_bytes=10), None, id="a value as long as allowed"),
        pytest.param(LabelLimits(max_value_bytes=9), Excess.VALUE, id="bytes, not characters"),
        pytest.param(
            LabelLimits(max_labels=1, max_name_bytes=1), Excess.LABELS, id="the number comes first"
        ),
    ],
)
def test_excess(limits: LabelLimits, excess: Excess | None) -> None:
    assert limits.excess(LABELS) == excess


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="max_labels is -1; it must be 0 or more"):
        LabelLimits(max_labels=-1)


def test_is_empty() -> None:
    assert LabelLimits().is_empty
    assert not LabelLimits(max_value_bytes=1).is_empty
