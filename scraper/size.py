"""Sizes as people write them in labels: `16MiB`, `64KB`, `1000000`.

Takes a text, gives bytes. KB is 1000 bytes and KiB 1024, as in vmagent.
"""

import re

_UNITS = {"": 1, "B": 1} | {
    unit: factor**power
    for power, letter in enumerate("KMGT", start=1)
    for unit, factor in ((letter, 1000), (letter + "B", 1000), (letter + "iB", 1024))
}
_GRAMMAR = re.compile(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)\s*([KMGT]?i?B?)", re.ASCII)


def parse_size(text: str) -> int:
    """Bytes. Raises ValueError."""
    match = _GRAMMAR.fullmatch(text.strip())
    if match is None or match[2] not in _UNITS:
        raise ValueError(f"not a size like 16MiB or 64KB: {text[:80]!r}")
    return int(float(match[1]) * _UNITS[match[2]])
