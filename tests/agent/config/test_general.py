"""The `global` section's own rules."""

import pytest

from agent.config.general import expand_variables, is_label_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("$A", "1", id="a variable"),
        pytest.param("${A}", "1", id="in braces"),
        pytest.param("x$A-y", "x1-y", id="up to what cannot be a name"),
        pytest.param("$A_B", "2", id="the longest name"),
        pytest.param("$NONE.", ".", id="unset is empty"),
        pytest.param("$$", "$", id="two dollars"),
        pytest.param("$${A}", "${A}", id="two dollars before braces"),
        pytest.param("$", "$", id="a dollar at the end"),
        pytest.param("$.", "$.", id="a dollar before what is no name"),
        pytest.param("$12", "one2", id="a digit is a name of its own"),
        pytest.param("${}", "", id="no name in braces"),
        pytest.param("$A$A", "11", id="twice"),
    ],
)
def test_expand_variables(text: str, expected: str) -> None:
    assert expand_variables(text, {"A": "1", "A_B": "2", "1": "one"}) == expected


@pytest.mark.parametrize(
    ("name", "scheme", "expected"),
    [
        pytest.param("a_b1", "legacy", True, id="legacy"),
        pytest.param("1a", "legacy", False, id="legacy with a digit first"),
        pytest.param("a-b", "legacy", False, id="legacy with a dash"),
        pytest.param("a-b ü", "utf8", True, id="anything in UTF-8"),
        pytest.param("", "utf8", False, id="never empty"),
    ],
)
def test_is_label_name(name: str, scheme: str, expected: bool) -> None:
    assert is_label_name(name, scheme) is expected
