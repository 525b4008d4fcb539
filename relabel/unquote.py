"""String literals of PromQL: Go's `strconv.Unquote`, and single quotes around the same.

Takes a literal with its quotes; gives the text. Raises ValueError for an unknown escape.
"""

import re

_ESCAPE = re.compile(
    rb"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.?))",
    re.DOTALL,
)
_SINGLE = {
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"v": b"\v",
    b"\\": b"\\",
    b"'": b"'",
    b'"': b'"',
}


def unquote(literal: str) -> str:
    """The text of a literal in double quotes, single quotes or backquotes."""
    body = literal[1:-1]
    if literal[0] == "`":
        return body.replace("\r", "")
    if "\\" not in body:
        return body
    # In bytes: `\xc3\xa9` are the two bytes of one character.
    data = _ESCAPE.sub(_unescape, body.encode("utf-8", "surrogatepass"))
    return data.decode("utf-8", "replace")


def _unescape(found: "re.Match[bytes]") -> bytes:
    single, hexadecimal, octal, short, long, unknown = found.groups()
    if single:
        return _SINGLE[single]
    if hexadecimal:
        return bytes((int(hexadecimal, 16),))
    if octal and int(octal, 8) < 256:
        return bytes((int(octal, 8),))
    code = short or long
    if code and int(code, 16) <= 0x10FFFF and not 0xD800 <= int(code, 16) < 0xE000:
        return chr(int(code, 16)).encode()
    text = (unknown or found[0][1:]).decode("utf-8", "replace")
    raise ValueError(f"unknown escape `\\{text}` (a backslash is written `\\\\`)")
