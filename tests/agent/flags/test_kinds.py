import pytest

from agent.flags.flag import BOOL, DURATION, FLOAT, INT, PERCENT, SIZE, STRING, Flag, Kind, Value
from agent.flags.kinds import parse_value, render_value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        pytest.param(STRING, " a ", " a ", id="a text is taken as it stands"),
        pytest.param(BOOL, "true", True, id="true"),
        pytest.param(BOOL, "T", True, id="Go's T"),
        pytest.param(BOOL, "0", False, id="zero is false"),
        pytest.param(INT, "42", 42, id="a whole number"),
        pytest.param(INT, "0x10", 16, id="hexadecimal as in Go"),
        pytest.param(FLOAT, "1e3", 1000.0, id="an exponent"),
        pytest.param(DURATION, "1m", 60.0, id="a duration in seconds"),
        pytest.param(SIZE, "1KiB", 1024, id="a size in bytes"),
    ],
)
def test_parse(kind: Kind, text: str, value: Value) -> None:
    parsed = parse_value(Flag("x", kind, "", ""), text)
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        pytest.param(BOOL, "yes", "must be true or false", id="Go knows no yes"),
        pytest.param(BOOL, "", "must be true or false", id="an empty boolean"),
        pytest.param(INT, "1.5", "must be a whole number", id="a fraction"),
        pytest.param(INT, "010", "must be a whole number", id="octal or decimal? neither"),
        pytest.param(INT, " 1", "must be a whole number", id="a blank"),
        pytest.param(INT, "٣", "must be a whole number", id="digits of another script"),
        pytest.param(INT, "9" * 20, "at most 64 bits", id="too large"),
        pytest.param(INT, "9" * 9999, "must be a whole number", id="absurdly large"),
        pytest.param(INT, "-1", "must be at least 0", id="below the least"),
        pytest.param(FLOAT, "nan", "must be a finite number", id="not a number"),
        pytest.param(FLOAT, "1e999", "must be a finite number", id="infinite"),
        pytest.param(FLOAT, "x", "must be a number", id="no number"),
        pytest.param(DURATION, "-1s", "must be at least 0s", id="a time before"),
        pytest.param(SIZE, "-1", "must be at least 0", id="less than nothing"),
    ],
)
def test_refuse(kind: Kind, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_value(Flag("x", kind, "", ""), text)


def test_an_empty_item_of_a_list_is_the_default() -> None:
    assert parse_value(Flag("x", DURATION, 5.0, "", many=True), "") == 5.0
    assert parse_value(Flag("x", BOOL, False, "", many=True), "") is False
    assert parse_value(Flag("x", STRING, ":8429", "", many=True), "") == ""


def test_a_choice_is_found_in_any_case() -> None:
    flag = Flag("x", STRING, "INFO", "", choices=("INFO", "WARN"))
    assert parse_value(flag, "warn") == "WARN"
    with pytest.raises(ValueError, match="must be one of INFO, WARN"):
        parse_value(flag, "LOUD")


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (BOOL, True, "true"),
        (DURATION, 90, "1m30s"),
        (SIZE, 2**20, "1MiB"),
        (INT, 7, "7"),
        (PERCENT, 7.5, "7.5%"),
        (STRING, "a", "a"),
    ],
)
def test_render(kind: Kind, value: Value, text: str) -> None:
    assert render_value(Flag("x", kind, value, ""), value) == text
