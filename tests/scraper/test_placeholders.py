"""Placeholders in arguments, configuration files and files of targets."""

import pytest

from scraper.placeholders import MAX_EXPANDED, ExpansionError, expand, placeholders

VARIABLES = {"foo": "bar", "foo.bar_1": "baz", "foo-bar_2": "test", "empty": ""}


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param("foo", "foo", id="no placeholder"),
        pytest.param("a %{foo}-x", "a bar-x", id="one placeholder"),
        pytest.param("%{foo.bar_1}", "baz", id="a dot in the name"),
        pytest.param("qq.%{foo-bar_2}.ww", "qq.test.ww", id="a dash in the name"),
        pytest.param("a %{no} %{not} %{foo}", "a %{no} %{not} bar", id="an unknown name stays"),
        pytest.param("%{empty}", "", id="an empty value"),
        pytest.param("%{foo", "%{foo", id="a placeholder that is not closed"),
        pytest.param("%{}", "%{}", id="no name"),
        pytest.param("%%{foo}", "%bar", id="there is no escape"),
    ],
)
def test_expand(text: str, expanded: str) -> None:
    assert expand(text, VARIABLES) == expanded


@pytest.mark.parametrize(
    ("variables", "expanded"),
    [
        pytest.param({"a": "%{b}", "b": "x"}, "x", id="a value with a placeholder"),
        pytest.param(
            {"a": "x%{b}", "b": "y%{c}z%{d}", "c": "123", "d": "qwe"}, "xy123zqwe", id="a tree"
        ),
        pytest.param({"a": "%{x.y}", "x.y": "test"}, "test", id="a dot in the name"),
        pytest.param({"a": "%{x y}"}, "%{x y}", id="an unknown name with a blank"),
        pytest.param({"a": "%{123}"}, "%{123}", id="an unknown number"),
        # vmagent gives xzxzxzxz%{a}qyqyqyqy: it goes round once for each variable there is.
        pytest.param({"a": "x%{b}y", "b": "z%{a}q"}, "xz%{a}qy", id="a circle ends where it began"),
    ],
)
def test_values_expand_too(variables: dict[str, str], expanded: str) -> None:
    assert expand("%{a}", variables) == expanded


@pytest.mark.parametrize("leaf", [pytest.param("x" * 100, id="full"), pytest.param("", id="empty")])
def test_variables_that_multiply_are_refused(leaf: str) -> None:
    variables = {f"v{i}": f"%{{v{i + 1}}}" * 10 for i in range(20)} | {"v20": leaf}
    with pytest.raises(ExpansionError, match=f"more than {MAX_EXPANDED} characters"):
        expand("%{v0}", variables)


def test_a_text_of_many_placeholders_is_bounded_too() -> None:
    variables = {"a": "x" * 1000}
    assert len(expand("%{a}" * 9, variables, max_characters=9000)) == 9000
    with pytest.raises(ExpansionError, match=r"more than 9000 characters, at %\{a\}"):
        expand("%{a}" * 10, variables, max_characters=9000)


def test_many_empty_placeholders_are_no_matter() -> None:
    assert expand("%{a}" * 20_000, {"a": ""}) == ""


def test_the_names_that_stay_can_be_told() -> None:
    assert placeholders("a%{b}c%{d}%{") == ("b", "d")
