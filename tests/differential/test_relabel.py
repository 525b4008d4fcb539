"""A few hundred random pairs of rules and labels through Debian's Prometheus, and its dialect."""

import pytest

from tests.differential.relabel_dialect import disagreements, random_patterns
from tests.differential.relabel_vs_prometheus import compare

pytestmark = pytest.mark.integration


def test_the_same_results_as_prometheus() -> None:
    tally = compare(seed=3, pairs=500)
    assert tally.differences == []
    assert tally.pairs >= 500
    assert min(tally.dropped, tally.changed) > tally.pairs / 10  # the generator does its work


def test_the_same_patterns_as_go() -> None:
    assert disagreements(random_patterns(seed=3, count=400)) == []
