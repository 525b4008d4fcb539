"""From a flag's text to its value and back, one pair of functions for each kind.

Takes a flag and one text (an item, where the flag holds many); gives the value, or a ValueError
whose message says what the flag takes.
Never: knows where the text came from.
"""

from collections.abc import Callable

from agent.flags.flag import Flag, Kind, Value
from agent.flags.units import (
    parse_duration,
    parse_percent,
    parse_size,
    render_duration,
    render_size,
)

# Go's strconv.ParseBool, which vmagent's flags are read by.
TRUE_TEXTS = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_LONGEST_NUMBER = 40


def _parse_bool(text: str) -> bool:
    if text in TRUE_TEXTS:
        return True
    if text in _FALSE:
        return False
    raise ValueError("must be true or false")


def _parse_int(text: str) -> int:
    if len(text) > _LONGEST_NUMBER or not text.isascii() or text != text.strip():
        raise ValueError("must be a whole number")
    try:
        number = int(text, 0)
    except ValueError:
        raise ValueError("must be a whole number") from None
    if not -(2**63) <= number < 2**63:
        raise ValueError("must be a whole number of at most 64 bits")
    return number


def _parse_float(text: str) -> float:
    try:
        if len(text) > _LONGEST_NUMBER or text != text.strip():
            raise ValueError
        number = float(text)
    except ValueError:
        raise ValueError("must be a number") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("must be a finite number")
    return number


_PARSERS: dict[Kind, Callable[[str], Value]] = {
    Kind.STRING: str,
    Kind.PASSWORD: str,
    Kind.BOOL: _parse_bool,
    Kind.INT: _parse_int,
    Kind.FLOAT: _parse_float,
    Kind.DURATION: parse_duration,
    Kind.SIZE: parse_size,
    Kind.PERCENT: parse_percent,
}


def parse_value(flag: Flag, text: str) -> Value:
    """What `text` means for `flag`; an empty item of a list means the default."""
    if flag.many and not text:
        return empty_item(flag)
    value = _PARSERS[flag.kind](text)
    if flag.choices:
        return _choose(flag, text)
    is_number = not isinstance(value, str | bool)
    if is_number and flag.minimum is not None and value < flag.minimum:  # type: ignore[operator]
        raise ValueError(f"must be at least {render_value(flag, flag.minimum)}")
    return value


def empty_item(flag: Flag) -> Value:
    """What `a,,b` gives in the middle: the default, for texts none (as in vmagent)."""
    return "" if flag.kind in (Kind.STRING, Kind.PASSWORD) else flag.default


def _choose(flag: Flag, text: str) -> str:
    """The choice as the table spells it, whatever the case."""
    for choice in flag.choices:
        if choice.casefold() == text.casefold():
            return choice
    raise ValueError(f"must be one of {', '.join(flag.choices)}")


def render_value(flag: Flag, value: Value) -> str:
    """One value as a user would write it."""
    match flag.kind:
        case Kind.DURATION:
            return render_duration(float(value))
        case Kind.SIZE:
            return render_size(int(value))
        case Kind.PERCENT:
            return f"{value:g}%"
        case Kind.BOOL:
            return "true" if value else "false"
        case _:
            return str(value)
