"""What a scalar means for a field: Go's YAML rules as Prometheus uses them."""

import math
from collections.abc import Callable
from typing import Any

import pytest

from agent.config import scalars
from agent.config.compose import parse
from agent.config.errors import Problems
from agent.config.scalars import Wrong
from agent.config.source import Source
from agent.config.tree import Node


def node(text: str) -> Node:
    problems = Problems()
    found = parse(Source("p.yml", text, {}), problems)
    assert found is not None, problems.errors
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("yes", "yes", id="a boolean is its source text"),
        pytest.param("0x1", "0x1", id="a number is its source text"),
        pytest.param("1.50", "1.50", id="with its last zero"),
        pytest.param("'~'", "~", id="in quotes a tilde is a tilde"),
        pytest.param("~", "", id="null is empty"),
        pytest.param("!!binary aGk=", "hi", id="base64"),
        pytest.param("!!str 5", "5", id="a tag"),
        pytest.param('"a\\nb"', "a\nb", id="escapes of double quotes"),
        pytest.param("|\n  a\n  b\n", "a\nb\n", id="a block"),
    ],
)
def test_text(text: str, expected: str) -> None:
    assert scalars.text(node(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(pytest.param(word, True, id=word) for word in ("y", "Yes", "true", "TRUE", "on")),
        *(pytest.param(word, False, id=word) for word in ("n", "No", "false", "OFF")),
        pytest.param("'true'", None, id="a text in quotes is none"),
        pytest.param("tRue", None, id="nor one in odd capitals"),
        pytest.param("1", None, id="nor a number"),
        pytest.param("[true]", None, id="nor a list"),
    ],
)
def test_boolean(text: str, expected: bool | None) -> None:
    check(scalars.boolean, text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0", 0, id="zero"),
        pytest.param("-7", -7, id="negative"),
        pytest.param("+7", 7, id="with a plus"),
        pytest.param("0x1F", 31, id="hexadecimal"),
        pytest.param("0b101", 5, id="binary"),
        pytest.param("0o17", 15, id="octal"),
        pytest.param("017", 15, id="octal of old"),
        pytest.param("1_000", 1000, id="underscores"),
        pytest.param("1e3", 1000, id="a float without a rest"),
        pytest.param("18446744073709551615", 2**64 - 1, id="the largest"),
        pytest.param("18446744073709551616", None, id="one more"),
        pytest.param("08", None, id="no octal digit"),
        pytest.param("1.5", None, id="a float with a rest"),
        pytest.param("'5'", None, id="a text in quotes"),
        pytest.param("five", None, id="a word"),
        pytest.param("1" * 200, None, id="endless digits"),
        pytest.param(".inf", None, id="infinity"),
    ],
)
def test_integer(text: str, expected: int | None) -> None:
    check(scalars.integer, text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("1.5", 1.5, id="a float"),
        pytest.param(".5", 0.5, id="without a zero"),
        pytest.param("1e-3", 0.001, id="an exponent"),
        pytest.param("7", 7.0, id="a whole number"),
        pytest.param("0x10", 16.0, id="hexadecimal"),
        pytest.param("-.inf", -math.inf, id="infinity"),
        pytest.param("abc", None, id="a word"),
    ],
)
def test_real(text: str, expected: float | None) -> None:
    check(scalars.real, text, expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("0", 0.0, id="zero needs no unit"),
        pytest.param("15s", 15.0, id="seconds"),
        pytest.param("1h30m", 5400.0, id="hours and minutes"),
        pytest.param("1y2w3d4h5m6s7ms", 33019506.007, id="every unit"),
        pytest.param("1.5h", 5400.0, id="decimals as in vmagent"),
        pytest.param("'30s'", 30.0, id="in quotes"),
        pytest.param("30", None, id="no unit"),
        pytest.param("-1h", None, id="negative"),
        pytest.param("30m1h", None, id="units out of order"),
        pytest.param("1 h", None, id="a blank"),
        pytest.param("''", None, id="nothing"),
        pytest.param("300y", None, id="longer than Go can count"),
        pytest.param("[1s]", None, id="a list"),
    ],
)
def test_duration(text: str, expected: float | None) -> None:
    check(scalars.duration, text, expected)


@pytest.mark.parametrize(
    ("text", "prometheus", "vmagent"),
    [
        pytest.param("0", 0, 0, id="zero"),
        pytest.param("100", None, 100, id="a plain number counts bytes for vmagent alone"),
        pytest.param("1KB", 1024, 1000, id="KB is 1024 for Prometheus and 1000 for vmagent"),
        pytest.param("1KiB", 1024, 1024, id="KiB is 1024 for both"),
        pytest.param("1.5GiB", 1610612736, 1610612736, id="decimals"),
        pytest.param("7B", 7, 7, id="bytes"),
        pytest.param("10 MB", None, None, id="a blank"),
        pytest.param("-1MB", None, None, id="negative"),
        pytest.param("99EB", None, None, id="too large"),
    ],
)
def test_size(text: str, prometheus: int | None, vmagent: int | None) -> None:
    check(scalars.size, text, prometheus)
    check(scalars.size_in_bytes, text, vmagent)


def check(function: Callable[[Node], Any], text: str, expected: object) -> None:
    if expected is None:
        with pytest.raises(Wrong):
            function(node(text))
    else:
        assert function(node(text)) == expected


def test_what_is_no_number_says_what_was_wanted() -> None:
    with pytest.raises(Wrong, match="must be a whole number, not a text in quotes") as caught:
        scalars.count(node("'5'"))
    assert (caught.value.text, caught.value.hint) == ("5", "remove the quotes")
