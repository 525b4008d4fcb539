"""How a series, a bound and a comment are written where no text exposed them.

Takes names, labels and numbers; gives text that `exposition.text` reads back as the same.
Source: `FormatOpenMetricsFloat` of Prometheus 3 for bounds: Go's shortest form, and `.0` behind
what would look like an integer.
"""

from collections.abc import Iterable
from decimal import Decimal
from math import inf

# Go's 'g' format without a precision writes an exponent from here on, and below the other.
_EXPONENT_FROM, _EXPONENT_BELOW = 6, -4


def series_text(name: str, labels: Iterable[tuple[str, str]]) -> bytes:
    """A series as the text format writes it; any name and any value."""
    pairs = [f'"{escaped(label)}"="{escaped(value)}"' for label, value in labels]
    return f"{{{','.join([chr(34) + escaped(name) + chr(34), *pairs])}}}".encode()


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def spelt(number: float) -> str:
    """The value of a `le` or `quantile` label: `1.0`, `1e+06`, `+Inf`, `NaN`."""
    if number != number:
        return "NaN"
    if number in (inf, -inf):
        return "+Inf" if number > 0 else "-Inf"
    if number == 0:
        return "0.0"
    # The shortest digits that mean this double; Python and Go agree on them.
    _, digits, exponent = Decimal(repr(number)).normalize().as_tuple()
    assert isinstance(exponent, int)
    power = len(digits) + exponent - 1
    if _EXPONENT_BELOW <= power < _EXPONENT_FROM:
        return repr(number)
    return f"{number:.{len(digits) - 1}e}"
