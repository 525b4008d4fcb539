"""Type, help and unit of what a target exposes, read when somebody asks.

Takes the comment lines of a page (`# TYPE`, `# HELP`, `# UNIT`); gives metadata by metric.
Never: runs while scraping; the lines are held anyway, to predict the next page.
"""

from collections.abc import Collection, Iterable, Mapping

import attrs

from scraper.exposition.meta import said
from series import metadata as series


@attrs.frozen
class Metadata:
    type: str = "unknown"
    help: str = ""
    unit: str = ""


@attrs.frozen(eq=False)
class TargetMetadata:
    """`comments`: the lines of the last good page that are no samples; shared by equal pages."""

    labels: Mapping[str, str]
    comments: tuple[bytes, ...]


def metadata_of(comments: Collection[bytes]) -> dict[str, Metadata]:
    """By metric, in the order of names."""
    found: dict[str, dict[str, str]] = {}
    for keyword, name, text in said(comments):
        found.setdefault(name, {})[keyword] = text
    return {name: _metadata(found[name]) for name in sorted(found)}


def _metadata(fields: Mapping[str, str]) -> Metadata:
    kind = fields.get("TYPE", "").strip()
    # Prometheus says unknown where the text format says untyped.
    is_unknown = kind in ("", "untyped")
    return Metadata(
        "unknown" if is_unknown else kind, fields.get("HELP", ""), fields.get("UNIT", "")
    )


def said_by(comments: Collection[bytes]) -> list[series.Metadata]:
    """As remote write wants it."""
    return [
        series.Metadata(
            name, _TYPES.get(metadata.type, series.MetricType.UNKNOWN), metadata.help, metadata.unit
        )
        for name, metadata in metadata_of(comments).items()
    ]


def families_of(targets: Iterable[TargetMetadata]) -> list[series.Metadata]:
    """What the targets of a job say together; the first of a name wins.

    Targets with equal pages share their comments, which are read once.
    """
    families: dict[str, series.Metadata] = {}
    for comments in dict.fromkeys(target.comments for target in targets):
        for family in said_by(comments):
            families.setdefault(family.family, family)
    return list(families.values())


_TYPES = {each.name.lower(): each for each in series.MetricType}
