"""What `-lint` finds: data/lint.cases, every rule at its place."""

import re

import pytest

from agent.config.errors import Problems
from agent.config.lint import RULES, lint
from agent.config.load import resolve
from agent.config.sections import read_sections
from tests.agent.config.support import DATA, Case, absolute, compare, options_for, read_cases

CASES = list(read_cases(DATA / "lint.cases"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_findings(case: Case) -> None:
    problems = Problems()
    options = options_for(case.files)
    sections = read_sections(absolute("p.yml"), options, problems)
    assert sections is not None
    findings = lint(sections, resolve(sections, options))
    assert not problems.errors
    compare(tuple(findings), case.errors)


def test_every_rule_has_a_case() -> None:
    told = {name for case in CASES for name in re.findall(r"\[([a-z-]+)\]", " ".join(case.errors))}
    assert told == set(RULES)
