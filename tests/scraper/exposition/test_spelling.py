"""Bounds as Go spells them in Prometheus 3."""

from math import inf, nan

import pytest

from scraper.exposition.spelling import spelt


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0.0"),
        (-0.0, "0.0"),
        (1.0, "1.0"),
        (-1.0, "-1.0"),
        (0.25, "0.25"),
        (100000.0, "100000.0"),
        (123456.5, "123456.5"),
        (1000000.0, "1e+06"),
        (1234567.5, "1.2345675e+06"),
        (1e22, "1e+22"),
        (1.7976931348623157e308, "1.7976931348623157e+308"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (5e-324, "5e-324"),
        (inf, "+Inf"),
        (-inf, "-Inf"),
        (nan, "NaN"),
    ],
)
def test_spelt(number: float, text: str) -> None:
    assert spelt(number) == text
