"""Values of attributes as texts: what labels hold.

Source: OpenTelemetry's attribute values as strings (peers.md 1.6): numbers in decimal, lists and
maps as JSON, bytes as base64.
"""

import base64
import json
from decimal import Decimal
from math import isinf, isnan

# A value of an attribute: what both forms of OTLP are read into.
Value = str | bool | int | float | bytes | None | list["Value"] | dict[str, "Value"]


def decimal_text(number: float) -> str:
    """The shortest decimal that is this number, never with an exponent."""
    if isnan(number):
        return "NaN"
    if isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if number == int(number) and abs(number) < 1e15:
        return str(int(number)) if number or str(number)[0] != "-" else "-0"
    text = format(Decimal(repr(number)), "f")
    return text.removesuffix(".0")


def value_text(value: Value) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return _float_text(value)
        case bytes():
            return base64.b64encode(value).decode()
        case None:
            return ""
        case _:
            plain = _plain(value)
            return json.dumps(plain, separators=(",", ":"), ensure_ascii=False, sort_keys=True)


def _float_text(value: float) -> str:
    """As JSON writes it: an exponent only for very small and very large ones."""
    if value and not isinf(value) and not 1e-6 <= abs(value) < 1e21:
        mantissa, _, exponent = repr(value).partition("e")
        sign, digits = exponent[:1], exponent[1:].lstrip("0")
        return f"{mantissa.removesuffix('.0')}e{sign}{digits}" if exponent else mantissa
    return decimal_text(value)


def _plain(value: Value) -> object:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, float):
        if isnan(value) or isinf(value):
            return decimal_text(value)
        return int(value) if value == int(value) and abs(value) < 1e15 else value
    return value
