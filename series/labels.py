"""Label sets: what names a series.

Takes any mapping of names to values; gives the canonical tuple: sorted by name, names unique,
no empty values (remote-write 1.0, "Labels": sorted, unique, non-empty, always).
Python compares `str` by code point, which is the order of the UTF-8 bytes that the
specification and Go sort by.
"""

from collections.abc import Mapping

Labels = tuple[tuple[str, str], ...]

METRIC_NAME = "__name__"


def canonical(labels: Mapping[str, str]) -> Labels:
    """The labels sorted by name, those with an empty value left out."""
    return tuple(sorted((name, value) for name, value in labels.items() if value))


def readable(labels: Labels) -> str:
    """The label set as a person writes it: `name{a="b"}`."""
    name = ""
    pairs = []
    for label, value in labels:
        if label == METRIC_NAME:
            name = value
        else:
            escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
            pairs.append(f'{label}="{escaped}"')
    return f"{name}{{{','.join(pairs)}}}" if pairs or not name else name
