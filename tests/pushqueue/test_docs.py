"""The tables of the documentation are what the code does."""

import re
from pathlib import Path

import pytest

from pushqueue.document import PATH, answers_table, document

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| ([\d, -]+) \| ", re.MULTILINE)


def test_the_table_of_answers_is_that_of_the_judge() -> None:
    assert document(page := PATH.read_text()) == page


def test_every_status_stands_in_the_table_once() -> None:
    told = [status for row in ROW.findall(answers_table()) for status in statuses(row)]
    assert sorted(told) == list(range(1000))


def statuses(row: str) -> list[int]:
    found: list[int] = []
    for item in row.split(", "):
        first, _, last = item.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def test_a_page_without_a_place_for_the_table_is_told() -> None:
    with pytest.raises(ValueError, match="no place"):
        document("# Remote write\n")


@pytest.mark.parametrize(
    "reason",
    ["memory", "disk_bound", "age", "refused", "maybe_delivered", "damaged", "shutdown"],
)
def test_every_reason_of_a_drop_is_told(reason: str) -> None:
    assert f"| `{reason}` |" in (DOCS / "durability.md").read_text()
