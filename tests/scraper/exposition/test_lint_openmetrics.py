"""The strict mode on the cases of OpenMetrics' own test directories, judged as they are there.

`openmetrics_cases.tsv` holds one case a line: good or bad, what it is about, the page as a JSON
string. 44 are good and 167 bad.
"""

import json
from collections import Counter
from pathlib import Path

import pytest

from scraper.exposition.errors import ExpositionError
from scraper.exposition.lint import check_openmetrics

TABLE = Path(__file__).with_name("openmetrics_cases.tsv")
CASES = [line.split("\t") for line in TABLE.read_text().splitlines()]


@pytest.mark.parametrize(
    ("verdict", "page"),
    [pytest.param(verdict, page, id=f"{verdict}: {sentence}") for verdict, sentence, page in CASES],
)
def test_check_openmetrics(verdict: str, page: str) -> None:
    try:
        check_openmetrics(json.loads(page).encode())
    except ExpositionError:
        assert verdict == "bad"
    else:
        assert verdict == "good"


def test_the_table_is_whole() -> None:
    assert Counter([verdict for verdict, _, _ in CASES]) == {"good": 44, "bad": 167}
