"""What a scalar means, once it is known what is wanted: Go's YAML rules as Prometheus uses them.

Takes a scalar node, gives a text, a boolean, a number, a duration in seconds or a size in bytes,
or raises Wrong. Source: reference/prometheus.md 3 (the rules of go-yaml 2), vmagent.md 1.2.
Never: guesses: a quoted "5" is a text and no number.
"""

import base64
import binascii
import math
import re
from collections.abc import Mapping
from typing import NewType

from agent.config.tree import Node, Scalar

Duration = NewType("Duration", float)  # seconds
Size = NewType("Size", int)  # bytes
FilePath = NewType("FilePath", str)  # relative ones are joined to the directory of the file
Count = NewType("Count", int)  # never negative
Bytes = NewType("Bytes", int)  # a size in vmagent's spelling: a plain number counts bytes

_TRUE = frozenset(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"))
_FALSE = frozenset(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"))
_INTEGER = re.compile(r"[-+]?(0x[0-9a-fA-F]+|0b[01]+|0o[0-7]+|[0-9]+)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_SPECIAL_FLOATS = {".inf": math.inf, "+.inf": math.inf, "-.inf": -math.inf, ".nan": math.nan}

# Prometheus' order of units; vmagent's decimals (`1.5h`) are taken besides.
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_UNITS_S = {"y": 31_536_000, "w": 604_800, "d": 86_400, "h": 3600, "m": 60, "s": 1, "ms": 0.001}
_DURATION = re.compile("".join(f"(?:{_NUMBER}{unit})?" for unit in _UNITS_S))
# Go's time.Duration ends at 2^63 ns.
_MAX_DURATION_S = 9_223_372_036.0

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?)([A-Za-z]*)")
_PREFIXES = "KMGTPE"
_BINARY_UNITS = {f"{p}iB": 1024 ** (i + 1) for i, p in enumerate(_PREFIXES)}
# Prometheus takes KB for 1024 bytes, vmagent for 1000.
_SIZE_UNITS = {"B": 1, **_BINARY_UNITS}
_SIZE_UNITS |= {f"{p}B": 1024 ** (i + 1) for i, p in enumerate(_PREFIXES)}
BYTES_UNITS = {"": 1, "B": 1, **_BINARY_UNITS}
BYTES_UNITS |= {f"{p}B": 1000 ** (i + 1) for i, p in enumerate(_PREFIXES)}
MAX_INTEGER = 2**64 - 1


class Wrong(Exception):
    """A value that cannot be taken. The caller knows the place and reports it."""

    def __init__(self, message: str, text: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message, self.text, self.hint = message, text, hint


def _scalar(node: Node, wanted: str) -> Scalar:
    if isinstance(node, Scalar):
        return node
    raise Wrong(f"must be {wanted}, not a {node.kind}")


def _plain(node: Node, wanted: str) -> str:
    scalar = _scalar(node, wanted)
    if scalar.is_plain or scalar.tag in ("!!int", "!!bool", "!!float"):
        return scalar.text
    raise Wrong(f"must be {wanted}, not a text in quotes", scalar.text, "remove the quotes")


def text(node: Node) -> str:
    """Any scalar keeps its source text (`replacement: yes` is the text yes)."""
    scalar = _scalar(node, "a text")
    if scalar.is_null:
        return ""
    if scalar.tag == "!!binary":
        return _binary(scalar.text)
    return scalar.text


def _binary(encoded: str) -> str:
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Wrong("!!binary value contains invalid base64 data", encoded) from None
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Wrong(f"{go_quoted(content)} is not valid UTF-8", encoded) from None


def go_quoted(content: bytes) -> str:
    """Bytes in double quotes, what is not printable ASCII as `\\xff`."""
    return '"' + "".join(chr(b) if 32 <= b < 127 else f"\\x{b:02x}" for b in content) + '"'


def boolean(node: Node) -> bool:
    value = _plain(node, "true or false")
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise Wrong(f"must be true or false, not {value[:80]!r}", value)


def integer(node: Node) -> int:
    value = _plain(node, "a whole number").replace("_", "")
    if _INTEGER.fullmatch(value) and len(value) < 80:
        digits = value.lstrip("+-")
        is_octal = len(digits) > 1 and digits[0] == "0" and digits.isdigit()
        try:
            number = int(value, 8 if is_octal else 0)
        except ValueError:  # 08: Go takes it for a text
            raise Wrong(f"must be a whole number, not {value!r}", value) from None
        if abs(number) <= MAX_INTEGER:
            return number
    elif _FLOAT.fullmatch(value) and len(value) < 80:
        whole = float(value)
        if whole.is_integer() and abs(whole) <= MAX_INTEGER:
            return int(whole)
    raise Wrong(f"must be a whole number, not {value[:80]!r}", value)


def count(node: Node) -> Count:
    number = integer(node)
    if number < 0:
        raise Wrong(f"must not be negative: {number}", str(number))
    return Count(number)


def real(node: Node) -> float:
    value = _plain(node, "a number").replace("_", "")
    if _FLOAT.fullmatch(value) and len(value) < 400:
        return float(value)
    if value.lower() in _SPECIAL_FLOATS:
        return _SPECIAL_FLOATS[value.lower()]
    if _INTEGER.fullmatch(value):
        return float(integer(node))
    raise Wrong(f"must be a number, not {value[:80]!r}", value)


def duration(node: Node) -> Duration:
    return parse_duration(_scalar(node, "a duration").text)


def parse_duration(value: str) -> Duration:
    """`1h30m` in seconds. Raises Wrong."""
    if value == "0":
        return Duration(0.0)
    match = _DURATION.fullmatch(value) if len(value) < 80 else None
    if not value or not match:
        hint = "a unit is missing: 30s, 1m, 1h30m" if value.isdigit() else "such as 30s or 1h30m"
        raise Wrong(f'not a valid duration string: "{value[:80]}"', value, hint)
    seconds = sum(
        float(number) * unit
        for number, unit in zip(match.groups(), _UNITS_S.values(), strict=True)
        if number
    )
    if seconds > _MAX_DURATION_S:
        raise Wrong(f'duration out of range: "{value}"', value)
    return Duration(round(seconds, 9))


def size(node: Node) -> Size:
    return Size(parse_size(_scalar(node, "a size").text, _SIZE_UNITS))


def size_in_bytes(node: Node) -> Bytes:
    return Bytes(parse_size(_scalar(node, "a size").text, BYTES_UNITS))


def parse_size(value: str, units: Mapping[str, int]) -> int:
    """`10MB` or `10MiB` in bytes. Raises Wrong."""
    if value == "0":
        return 0
    match = _SIZE.fullmatch(value) if len(value) < 80 else None
    if not match:
        raise Wrong(f"not a valid size: {value[:80]!r}", value, "such as 100MB or 16MiB")
    number, unit = match.groups()
    if unit not in units:
        message = f"units: unknown unit {unit} in {value}"
        raise Wrong(message, value, f"such as {number}MB, {number}KiB or {number}B")
    total = float(number) * units[unit]
    if total > MAX_INTEGER // 2:
        raise Wrong(f"size out of range: {value}", value)
    return int(total)
