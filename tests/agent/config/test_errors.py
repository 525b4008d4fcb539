"""How mistakes are told."""

import pytest

from agent.config.errors import MAX_ERRORS, ConfigError, ConfigErrors, Problems, cut, spell_path


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param((), "", id="the document"),
        pytest.param(("global",), "global", id="a key"),
        pytest.param(("scrape_configs", 0, "params", "a"), "scrape_configs[0].params.a", id="deep"),
        pytest.param((2, "job_name"), "[2].job_name", id="a bare list"),
    ],
)
def test_spell_path(path: tuple[str | int, ...], expected: str) -> None:
    assert spell_path(path) == expected


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(ConfigError(file="a", message="m"), "a: m", id="a file as a whole"),
        pytest.param(
            ConfigError(file="a", line=1, column=2, path="p.q", message="m", hint="h"),
            "a:1:2: p.q: m (h)",
            id="with everything",
        ),
    ],
)
def test_str(error: ConfigError, expected: str) -> None:
    assert str(error) == expected


@pytest.mark.parametrize(
    ("quote", "column", "expected"),
    [
        pytest.param("a: b", 4, "a:1:4: m\n    a: b\n       ^", id="below the column"),
        pytest.param("\ta: b", 2, "a:1:2: m\n    \ta: b\n    \t^", id="tabs stay tabs"),
        pytest.param(
            "x" * 300, 200, f"a:1:200: m\n    {'x' * 120}\n    {' ' * 60}^", id="a long line is cut"
        ),
        pytest.param("", 4, "a:1:4: m", id="no line, no caret"),
    ],
)
def test_with_caret(quote: str, column: int, expected: str) -> None:
    error = ConfigError(file="a", line=1, column=column, message="m", quote=quote)
    assert error.with_caret() == expected


def test_nothing_is_told_twice_and_all_is_in_order() -> None:
    problems = Problems()
    for line in (3, 1, 3):
        problems.error(ConfigError(file="a", line=line, column=1, message="m"))
    with pytest.raises(ConfigErrors) as caught:
        problems.raise_if_any()
    assert [error.line for error in caught.value.errors] == [1, 3]
    assert str(caught.value) == "a:1:1: m\na:3:1: m"


def test_errors_are_bounded_and_the_rest_is_counted() -> None:
    problems = Problems()
    for line in range(1, MAX_ERRORS + 31):
        problems.error(ConfigError(file="a", line=line, column=1, message="m"))
    with pytest.raises(ConfigErrors) as caught:
        problems.raise_if_any()
    assert len(caught.value.errors) == MAX_ERRORS + 1
    assert str(caught.value.errors[-1]) == "a: and 30 more errors, not shown"


def test_no_errors_raise_nothing() -> None:
    Problems().raise_if_any()


def test_cut() -> None:
    assert cut("x" * 80) == "x" * 80
    assert cut("x" * 81) == "x" * 77 + "..."
