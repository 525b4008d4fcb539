"""The tables of the documentation are what the code does."""

import re
from pathlib import Path

import pytest

from pushqueue.judge import Done, Hold, Refuse, Retry, TooLarge, judge

DOCS = Path(__file__).parents[2] / "docs"
VERDICTS = {
    "done": Done,
    "retry": Retry,
    "hold": Hold,
    "too large": TooLarge,
    "refuse": Refuse,
}
ROW = re.compile(r"^\| ([\d, -]+) \| ([a-z ]+) \|", re.MULTILINE)


def statuses(text: str) -> list[int]:
    found: list[int] = []
    for item in text.split(", "):
        first, _, last = item.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


def test_the_table_of_answers_is_that_of_the_judge() -> None:
    rows = ROW.findall((DOCS / "remote-write.md").read_text())
    told = {status: VERDICTS[verdict] for text, verdict in rows for status in statuses(text)}
    assert {s: type(judge(s, None, 0)) for s in told} == told
    # What the table does not name is a 4xx, and those are refused.
    unnamed = set(range(1000)) - told.keys()
    assert {type(judge(status, None, 0)) for status in unnamed} == {Refuse}
    assert all(400 <= status < 500 for status in unnamed)


@pytest.mark.parametrize(
    "reason",
    ["memory", "disk_bound", "age", "refused", "maybe_delivered", "damaged", "shutdown"],
)
def test_every_reason_of_a_drop_is_told(reason: str) -> None:
    assert f"| `{reason}` |" in (DOCS / "durability.md").read_text()
