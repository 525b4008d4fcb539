"""Graphite globs and templates against vmagent's tables."""

import pytest

from relabel.graphite import Glob, GlobTemplate
from tests.relabel.cases import table

GRAPHITE = table("graphite")


@pytest.mark.parametrize(("glob", "name", "captured"), GRAPHITE["globs"])
def test_match(glob: str, name: str, captured: list[str] | None) -> None:
    assert Glob(glob).match(name) == captured


@pytest.mark.parametrize(("template", "captured", "text"), GRAPHITE["templates"])
def test_expand(template: str, captured: list[str], text: str) -> None:
    assert GlobTemplate(template).expand(captured) == text


@pytest.mark.parametrize(("glob", "name", "template", "text"), GRAPHITE["both"])
def test_match_and_expand(glob: str, name: str, template: str, text: str) -> None:
    captured = Glob(glob).match(name)
    assert captured is not None
    assert GlobTemplate(template).expand(captured) == text


def test_a_huge_reference_stays() -> None:
    assert GlobTemplate("$" + "9" * 5000).expand(["a"]) == "$" + "9" * 5000
