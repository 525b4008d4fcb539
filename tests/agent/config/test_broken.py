"""Deliberately broken files, with the messages that a person gets for them.

`data/broken/NAME.yml` and beside it `NAME.expected`. After a change that is meant to change
messages, write them anew with `python -m tests.agent.config.test_broken` and read the difference.
"""

from pathlib import Path

import pytest

from agent.config.errors import ConfigErrors
from agent.config.load import LoadOptions, load
from tests.agent.config.support import DATA

FILES = sorted((DATA / "broken").glob("*.yml"))
FEWEST = 20  # what issue 3 asks for


def told(path: Path) -> str:
    try:
        load(str(path), options=LoadOptions(environment={}))
    except ConfigErrors as exc:
        lines = [error.with_caret() for error in exc.errors]
        return "\n".join(lines).replace(f"{path.parent}/", "") + "\n"
    return "good\n"


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_messages(path: Path) -> None:
    assert told(path) == path.with_suffix(".expected").read_text()


def test_there_are_enough_and_none_is_good() -> None:
    assert len(FILES) >= FEWEST
    assert not [path.name for path in FILES if "good" in path.with_suffix(".expected").read_text()]


if __name__ == "__main__":
    for file in FILES:
        file.with_suffix(".expected").write_text(told(file))
