"""Every example of docs/relabelling.md is run as it stands there."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from agent.commands import run
from relabel.actions import ACTIONS
from relabel.pipeline import compile_rules
from relabel.series_text import parse_series
from tests.relabel.cases import rule
from tests.relabel.test_pipeline import shown

TEXT = (Path(__file__).parents[2] / "docs" / "relabelling.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)
DOCUMENTS = [yaml.safe_load(text) for kind, text in BLOCKS if kind == "yaml"]
EXAMPLES: list[Any] = [each for each in DOCUMENTS if "rules" in each and "series" in each]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["rules"])[:80])
def test_example(example: Any) -> None:
    pipeline = compile_rules([rule(keys) for keys in example["rules"]])
    found = {before: shown(pipeline.apply(parse_series(before))) for before in example["series"]}
    assert found == example["series"]


def test_every_action_has_an_example() -> None:
    used = {keys.get("action", "replace") for each in EXAMPLES for keys in each["rules"]}
    assert used == set(ACTIONS)


def test_the_commands_print_what_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    files = [text for kind, text in BLOCKS if kind == "yaml" and "\nseries:" not in text]
    for name, text in zip(("rules.yml", "site.yml", "tests.yml"), files, strict=True):
        assert f"`{name}`" in TEXT
        (tmp_path / name).write_text(text)
    for console in [text for kind, text in BLOCKS if kind == "console"]:
        command, _, expected = console.partition("\n")
        assert run(shlex.split(command)[2:]) == 0
        assert capsys.readouterr().out == expected
