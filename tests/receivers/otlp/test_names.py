"""Names of metrics by every strategy: the cases of Prometheus' otlptranslator, as a table."""

from pathlib import Path

import pytest

from receivers.otlp.names import Kind, NamingError, metric_name, unit_name
from receivers.otlp.settings import Strategy

ROWS = [
    line.split("\t") for line in (Path(__file__).parent / "names.tsv").read_text().splitlines()[1:]
]
EXACT = [row for row in ROWS if row[5]]
EMPTY = [row for row in ROWS if not row[5]]


def say(row: list[str]) -> str:
    strategy, namespace, name, unit, kind, *_ = row
    return f"{namespace and namespace + '+'}{name} [{unit}] {kind} by {strategy}"


def made(row: list[str]) -> str:
    strategy, namespace, name, unit, kind, *_ = row
    return metric_name(name, unit, Kind(kind), Strategy(strategy), namespace)


def test_the_table_is_whole() -> None:
    assert len(ROWS) == 84


@pytest.mark.parametrize("row", EXACT, ids=say)
def test_name(row: list[str]) -> None:
    assert made(row) == row[5]


@pytest.mark.parametrize("row", EMPTY, ids=say)
def test_nothing_left_is_an_error(row: list[str]) -> None:
    with pytest.raises(NamingError):
        made(row)


@pytest.mark.parametrize("row", EXACT, ids=say)
def test_unit(row: list[str]) -> None:
    assert unit_name(row[3]) == row[6]
