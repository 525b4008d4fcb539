"""What pushers said of their metrics, within a bound."""

import pytest

from receivers.families import PushedFamilies
from series.metadata import Metadata, MetricType


def told(family: str, text: str = "") -> Metadata:
    return Metadata(family, MetricType.GAUGE, text, "")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([told("a"), told("b")], [told("a"), told("b")], id="two families"),
        pytest.param([told("a"), told("a")], [told("a")], id="the same again"),
        pytest.param([told("a"), told("a", "new")], [told("a", "new")], id="the last word counts"),
        pytest.param(
            [told("a"), told("b"), told("c")],
            [told("b"), told("c")],
            id="the one told longest ago goes",
        ),
        pytest.param(
            [told("a"), told("b"), told("a", "new"), told("c")],
            [told("a", "new"), told("c")],
            id="one told anew is as young as a new one",
        ),
    ],
)
def test_families(said: list[Metadata], left: list[Metadata]) -> None:
    families = PushedFamilies(max_families=2)
    for one in said:
        families.add([one])
    assert families.all() == tuple(left)
