"""`/api/v1/metadata` and `/api/v1/targets/metadata`: what targets say of their metrics.

Takes snapshots of comment lines, shared by targets with equal pages; gives documents. Each
distinct set of lines is parsed once a request.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs

from scraper.metadata import Metadata, TargetMetadata, metadata_of
from web.api.envelope import ApiError

Labels = Mapping[str, str]


@attrs.frozen(kw_only=True)
class MetadataQuery:
    """Limits below 0 are none, as in Prometheus' API."""

    metric: str = ""
    limit: int = -1
    limit_per_metric: int = -1
    matches: Callable[[Labels], bool] | None = None

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> "MetadataQuery":
        """Raises ApiError."""
        return cls(
            metric=arguments.get("metric", ""),
            limit=_number(arguments, "limit"),
            limit_per_metric=_number(arguments, "limit_per_metric"),
            matches=_selector(arguments.get("match_target", "")),
        )


def _number(arguments: Mapping[str, str], name: str) -> int:
    text = arguments.get(name, "")
    try:
        return int(text[:19]) if text else -1
    except ValueError:
        raise ApiError("bad_data", f"{name} must be a number") from None


def _selector(text: str) -> Callable[[Labels], bool] | None:
    if not text:
        return None
    from relabel.errors import PatternError, SelectorError  # late: RE2 is not always loaded
    from relabel.selector import parse_selector

    try:
        return parse_selector(text).predicate()
    except (SelectorError, PatternError) as exc:
        raise ApiError("bad_data", f'invalid parameter "match_target": {exc}') from exc


class _Parsed:
    """Parses each set of comment lines once; equal pages share theirs."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, ...], dict[str, Metadata]] = {}

    def of(self, comments: tuple[bytes, ...]) -> dict[str, Metadata]:
        if comments not in self._known:
            self._known[comments] = metadata_of(comments)
        return self._known[comments]


def targets_metadata(
    query: MetadataQuery, targets: Sequence[TargetMetadata]
) -> Iterator[dict[str, object]]:
    """One document for each metric of each target; the limit is looked at between targets."""
    parsed = _Parsed()
    count = 0
    for target in targets:
        if 0 <= query.limit <= count:
            return
        if query.matches is not None and not query.matches(target.labels):
            continue
        found = parsed.of(target.comments)
        for metric in (query.metric,) if query.metric else found:
            if metric in found:
                count += 1
                named = {} if query.metric else {"metric": metric}
                yield {"target": target.labels, **named, **attrs.asdict(found[metric])}


def metadata_by_metric(
    query: MetadataQuery, targets: Sequence[TargetMetadata]
) -> Iterator[dict[str, list[dict[str, str]]]]:
    """Steps of the work; the last one is the whole document."""
    parsed = _Parsed()
    sets: dict[str, dict[Metadata, None]] = {}
    seen: set[tuple[bytes, ...]] = set()
    for target in targets:
        if target.comments in seen:
            continue
        seen.add(target.comments)
        for metric, metadata in parsed.of(target.comments).items():
            if query.metric in ("", metric):
                several = sets.setdefault(metric, {})
                if query.limit_per_metric <= 0 or len(several) < query.limit_per_metric:
                    several[metadata] = None
        yield {}
    names = list(sets) if query.limit < 0 else list(sets)[: query.limit]
    yield {name: [attrs.asdict(one) for one in sets[name]] for name in names}
