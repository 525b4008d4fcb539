"""Type, help and unit of what a target exposes, read when somebody asks.

Takes the comment lines of a page (`# TYPE`, `# HELP`, `# UNIT`); gives metadata by metric.
Never: runs while scraping; the lines are held anyway, to predict the next page.
"""

from collections.abc import Iterable, Mapping

import attrs

from series import metadata as series

_KEYWORDS = {b"TYPE": "type", b"HELP": "help", b"UNIT": "unit"}


@attrs.frozen
class Metadata:
    type: str = "unknown"
    help: str = ""
    unit: str = ""


@attrs.frozen(eq=False)
class TargetMetadata:
    """`comments`: the lines of the last good page that are no samples; shared by equal pages."""

    labels: Mapping[str, str]
    comments: frozenset[bytes]


def metadata_of(comments: Iterable[bytes]) -> dict[str, Metadata]:
    """By metric, in the order of names."""
    found: dict[str, dict[str, str]] = {}
    for line in comments:
        parts = line.removeprefix(b"#").split(None, 2)
        if line.startswith(b"#") and len(parts) >= 2 and parts[0] in _KEYWORDS:
            name = parts[1].decode("utf-8", "replace").strip('"')
            text = parts[2].decode("utf-8", "replace") if len(parts) > 2 else ""
            found.setdefault(name, {})[_KEYWORDS[parts[0]]] = _unescaped(text)
    return {name: _metadata(found[name]) for name in sorted(found)}


def _metadata(fields: Mapping[str, str]) -> Metadata:
    kind = fields.get("type", "").strip()
    # Prometheus says unknown where the text format says untyped.
    is_unknown = kind in ("", "untyped")
    return Metadata(
        "unknown" if is_unknown else kind, fields.get("help", ""), fields.get("unit", "").strip()
    )


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    return text.replace("\\\\", "\0").replace("\\n", "\n").replace('\\"', '"').replace("\0", "\\")


def said_by(comments: Iterable[bytes]) -> list[series.Metadata]:
    """As remote write wants it."""
    return [
        series.Metadata(
            name, _TYPES.get(said.type, series.MetricType.UNKNOWN), said.help, said.unit
        )
        for name, said in metadata_of(comments).items()
    ]


def families_of(targets: Iterable[TargetMetadata]) -> list[series.Metadata]:
    """What the targets of a job say together; the first of a name wins.

    Targets with equal pages share their comments, which are read once.
    """
    families: dict[str, series.Metadata] = {}
    for comments in dict.fromkeys(target.comments for target in targets):
        for said in said_by(comments):
            families.setdefault(said.family, said)
    return list(families.values())


_TYPES = {each.name.lower(): each for each in series.MetricType}
