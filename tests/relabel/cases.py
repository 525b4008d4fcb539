"""The tables of `data/`, read into what tests are parametrized with."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import yaml

from relabel.rule import RelabelRule

DATA = Path(__file__).with_name("data")
DROPPED = "dropped"


def table(name: str) -> Any:
    return yaml.safe_load((DATA / f"{name}.yaml").read_text())


def rule(keys: Mapping[str, Any]) -> RelabelRule:
    """A rule from its YAML keys, as the configuration's decoder makes it."""
    known = dict(keys)
    for key in ("source_labels", "if"):
        if key in known:
            value = known.pop(key)
            known["if_" if key == "if" else key] = tuple(
                [value] if isinstance(value, str) else value
            )
    if isinstance(known.get("regex"), list):
        known["regex"] = "|".join(known["regex"])
    return RelabelRule(**known)


@attrs.frozen
class RuleCase:
    says: str
    rules: tuple[RelabelRule, ...]
    before: str
    after: str


def rule_cases(name: str) -> Iterator[RuleCase]:
    for case in table(name):
        rules = tuple(rule(keys) for keys in case["rules"])
        for before, after in case["series"].items():
            yield RuleCase(case["says"], rules, before, after)
