"""Values with fewer digits, so that they take fewer bytes where they are stored and sent.

Takes numbers; gives what vmagent makes of them, bit for bit: its numbers are held as a decimal
integer and an exponent, which decides what a digit is.
Source: reference/vmagent.md (`significantFigures`, `roundDigits`), VictoriaMetrics' lib/decimal.
Invariant: NaN, staleness markers and infinities stay as they are.
"""

import math
from array import array

MAX_SIGNIFICANT_FIGURES = 17  # from 18 on nothing is rounded
MAX_ROUND_DIGITS = 99  # from 100 on nothing is rounded

_MAX_UNSIGNED, _MAX_SIGNED = 2**64, 2**63 - 3
_EXACT_BELOW = 2**55
_TENTHS_OF_TWO = math.log(2) / math.log(10)


class Rounding:
    """`significant_figures` 0 and `round_digits` 100 change nothing."""

    def __init__(self, *, significant_figures: int = 0, round_digits: int = 100) -> None:
        self._figures = significant_figures
        self._digits = round_digits
        self._is_idle = not 0 < significant_figures <= MAX_SIGNIFICANT_FIGURES and not (
            abs(round_digits) <= MAX_ROUND_DIGITS
        )

    @property
    def is_idle(self) -> bool:
        return self._is_idle

    def apply(self, values: "array[float]") -> "array[float]":
        """A rounded copy. A copy by bytes, so that nothing can quiet a staleness marker's NaN."""
        rounded = array("d")
        rounded.frombytes(values.tobytes())
        for at, value in enumerate(values):
            if math.isfinite(value):
                rounded[at] = self.round(value)
        return rounded

    def round(self, value: float) -> float:
        value = round_figures(value, self._figures)
        return round_digits(value, self._digits)


def round_digits(value: float, digits: int) -> float:
    """To `digits` after the point (before it, if negative), halves away from zero."""
    if abs(digits) > MAX_ROUND_DIGITS:
        return value
    power = _power_of_ten(digits)
    scaled = value * power
    if math.isinf(scaled):
        return scaled
    fraction, whole = math.modf(scaled)
    return (whole + math.copysign(1, scaled) if abs(fraction) >= 0.5 else whole) / power


def round_figures(value: float, figures: int) -> float:
    """To `figures` decimal figures."""
    if not 0 < figures <= MAX_SIGNIFICANT_FIGURES or not math.isfinite(value) or value == 0:
        return value
    number, exponent = _decimal(abs(value))
    number = min(number, _MAX_SIGNED)
    limit = 10**figures
    last = 0
    while number > limit:
        number, last = divmod(number, 10)
        exponent += 1
    if last >= 5:
        number += 1
    signed = math.copysign(number, value)
    if exponent < 0:
        return signed / _power_of_ten(-exponent)
    return signed * _power_of_ten(exponent)


def _power_of_ten(exponent: int) -> float:
    """As Go's math.Pow10: of two tables, so not always the nearest double."""
    if exponent > 308:
        return math.inf
    if exponent >= 0:
        return float(f"1e{exponent // 32 * 32}") * float(f"1e{exponent % 32}")
    if exponent < -323:
        return 0.0
    return float(f"1e-{-exponent // 32 * 32}") / float(f"1e{-exponent % 32}")


def _decimal(value: float) -> tuple[int, int]:
    """`value` (> 0) as integer and exponent of ten, without trailing zeros."""
    if value < _MAX_UNSIGNED and value.is_integer():
        number, exponent = int(value), 0
        while number >= _EXACT_BELOW:  # a double has 53 bits; what is behind them is noise
            number //= 10
            exponent += 1
        while number % 10 == 0:
            number //= 10
            exponent += 1
        return number, exponent
    return _decimal_of_fraction(value)


def _decimal_of_fraction(value: float) -> tuple[int, int]:
    exponent = 0
    precision = 1e12
    if value > 1e6 or value < 1e-6:
        if value > 1e6:
            precision = 1e15
        binary = max(-1022, min(1023, math.frexp(value)[1]))
        exponent = int(binary * _TENTHS_OF_TWO)
        value *= _power_of_ten(-exponent)
    # By two digits a time, until what is behind the point is too small to count.
    while value < precision:
        fraction, whole = math.modf(value)
        if fraction * precision < whole:
            value = whole
            break
        if (1 - fraction) * precision < whole:
            value = whole + 1
            break
        value *= 100
        exponent -= 2
    number = int(value)
    if number % 10 == 0:
        number //= 10
        exponent += 1
    return number, exponent
