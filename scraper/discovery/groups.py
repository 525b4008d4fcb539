"""Target groups as files and HTTP endpoints write them: a list of `targets` with `labels`.

Takes the bytes of a JSON or YAML document; gives TargetGroups.
Sources: Prometheus' file_sd and http_sd formats; unknown keys are refused as it does.
"""

import json
from collections.abc import Iterable

from scraper.settings import TargetGroup

# Groups need four levels; the rest is for what is then told as a mistake of structure.
MAX_DEPTH = 20
# Billion laughs: what aliases may add to a document, in nodes. Labels of ten names that a thousand
# groups share need 20 000.
MAX_ALIAS_NODES = 200_000


class GroupsError(ValueError):
    """A document that is no list of target groups; the message says where and why."""


def parse_json(text: bytes, source: str) -> list[TargetGroup]:
    """Raises GroupsError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise GroupsError(f"not JSON: {exc}") from exc
    return _groups(document, source)


def parse_yaml(text: bytes, source: str) -> list[TargetGroup]:
    """Raises GroupsError. Scalars are taken as they are written: `port: 9100` is a text."""
    # Imported late: a configuration without YAML files has no need of the reader here.
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        _check_size(yaml.parse(text, loader))
        document = yaml.load(text, loader)  # noqa: S506  (the base loader makes only texts)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:
        raise GroupsError(f"not YAML: {' '.join(str(exc).split())}") from exc
    return _groups([] if _is_absent(document) else document, source)


def _check_size(events: Iterable[object]) -> None:
    """Raises ValueError for what would grow without a bound while it is built.

    The C loader recurses: some thousand brackets end the process. An alias is a few bytes and means
    as much as what it stands for.
    """
    weights: dict[str | None, int] = {}
    open_nodes: list[tuple[str | None, int]] = []  # the anchor and the number of nodes before it
    nodes = alias_nodes = 0
    for event in events:
        name = type(event).__name__
        anchor: str | None = getattr(event, "anchor", None)
        if name in ("SequenceStartEvent", "MappingStartEvent"):
            open_nodes.append((anchor, nodes))
            nodes += 1
            if len(open_nodes) > MAX_DEPTH:
                raise ValueError("nested too deeply for target groups")
        elif name in ("SequenceEndEvent", "MappingEndEvent"):
            anchor, before = open_nodes.pop()
            weights[anchor] = nodes - before
        elif name == "ScalarEvent":
            nodes += 1
            weights[anchor] = 1
        elif name == "AliasEvent":
            if any(anchor == outer for outer, _ in open_nodes):
                raise ValueError(f"anchor {str(anchor)[:80]!r} contains itself")
            weight = weights.get(anchor, 0)
            nodes += weight
            alias_nodes += weight
            if alias_nodes > MAX_ALIAS_NODES:
                raise ValueError(f"aliases add more than {MAX_ALIAS_NODES} nodes")


def _is_absent(value: object) -> bool:
    """Nothing is None in JSON and an empty text from YAML's base loader."""
    return value is None or value == ""


def _groups(document: object, source: str) -> list[TargetGroup]:
    if not isinstance(document, list):
        raise GroupsError("expected a list of groups, each with targets and labels")
    return [_group(item, f"group {index}", source) for index, item in enumerate(document)]


def _group(item: object, place: str, source: str) -> TargetGroup:
    if not isinstance(item, dict):
        raise GroupsError(f"{place}: expected targets and labels")
    for key in item:
        if key not in ("targets", "labels"):
            raise GroupsError(f"{place}: unknown key {str(key)[:80]!r}; known: targets, labels")
    targets, labels = item.get("targets"), item.get("labels")
    targets = [] if _is_absent(targets) else targets
    labels = {} if _is_absent(labels) else labels
    if not isinstance(targets, list) or not all(isinstance(target, str) for target in targets):
        raise GroupsError(f"{place}: targets must be a list of texts")
    if not isinstance(labels, dict):
        raise GroupsError(f"{place}: labels must be a mapping of texts")
    for name, value in labels.items():
        if not isinstance(name, str) or not isinstance(value, str) or not name:
            raise GroupsError(f"{place}: label {str(name)[:80]!r} must have a text as value")
    return TargetGroup(targets=tuple(targets), labels=labels, source=source)
