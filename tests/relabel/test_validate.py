"""Which rules are refused, and with which words."""

from typing import Any

import pytest

from relabel.errors import RuleError
from relabel.names import LEGACY, UTF8, is_valid_template
from relabel.pipeline import compile_rules
from tests.relabel.cases import rule, table


@pytest.mark.parametrize("case", table("invalid_rules"), ids=lambda case: str(case["rule"]))
def test_refused(case: dict[str, Any]) -> None:
    with pytest.raises(RuleError) as caught:
        compile_rules([rule(case["rule"])], scheme=case.get("scheme", UTF8))
    assert case["message"] in str(caught.value)
    assert caught.value.key == case["key"]


@pytest.mark.parametrize("case", table("valid_rules"), ids=lambda case: str(case["rule"]))
def test_accepted(case: dict[str, Any]) -> None:
    compile_rules([rule(case["rule"])], scheme=case.get("scheme", UTF8))


TEMPLATES = table("target_templates")


@pytest.mark.parametrize("template", TEMPLATES["valid"])
def test_legacy_template_valid(template: str) -> None:
    assert is_valid_template(template, LEGACY)


@pytest.mark.parametrize("template", TEMPLATES["invalid"])
def test_legacy_template_invalid(template: str) -> None:
    assert not is_valid_template(template, LEGACY)
