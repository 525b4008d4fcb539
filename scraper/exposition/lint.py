"""Good habits of metrics, checked: what `promferry lint` tells.

Takes a body; gives problems by metric, and how many series each metric has. The rules are those of
Prometheus' naming guidelines, one function each, listed in RULES.
Never: judges syntax; a body that cannot be read raises ExpositionError.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import attrs

from scraper.exposition.declarations import check_declarations
from scraper.exposition.dialect import OPENMETRICS, TEXT
from scraper.exposition.errors import ExpositionError, shown
from scraper.exposition.meta import said, types_of
from scraper.exposition.numbers import parse_value
from scraper.exposition.outline import Outlines
from scraper.exposition.reader import Reader
from series.labels import METRIC_NAME

_SUFFIXES = {
    "counter": ("_total", "_created"),
    "histogram": ("_bucket", "_count", "_sum", "_created"),
    "gaugehistogram": ("_bucket", "_gcount", "_gsum"),
    "summary": ("_count", "_sum", "_created"),
    "info": ("_info",),
}
# Word in a name -> the base unit to use in its place.
_UNITS = {
    **dict.fromkeys(
        ("milliseconds", "microseconds", "nanoseconds", "minutes", "hours", "days", "weeks"),
        "seconds",
    ),
    **dict.fromkeys(("kilobytes", "megabytes", "gigabytes", "terabytes", "kibibytes"), "bytes"),
    **dict.fromkeys(("mebibytes", "gibibytes", "tebibytes", "bits"), "bytes"),
    **dict.fromkeys(("centimeters", "millimeters", "kilometers", "inches", "miles"), "meters"),
    **dict.fromkeys(("milligrams", "kilograms", "pounds", "ounces"), "grams"),
    **dict.fromkeys(("fahrenheit", "kelvin"), "celsius"),
    **dict.fromkeys(("millivolts", "kilovolts"), "volts"),
    **dict.fromkeys(("milliamperes",), "amperes"),
    **dict.fromkeys(("kilojoules", "calories"), "joules"),
    "percent": "ratio",
}
_ABBREVIATIONS = frozenset(
    ("s", "ms", "us", "ns", "sec", "b", "kb", "mb", "gb", "tb", "pb", "m", "h", "d", "v", "a")
)
_TYPE_WORDS = ("counter", "gauge", "histogram", "summary")
_CAMEL = re.compile(r"[a-z][A-Z]")


@attrs.frozen(order=True)
class Problem:
    metric: str
    text: str


@attrs.define
class Family:
    """One metric: what its comments say, and its series."""

    name: str
    type: str = "untyped"
    has_help: bool = False
    samples: list[dict[str, str]] = attrs.field(factory=list)


@attrs.frozen
class Finding:
    """`cardinality`: series by metric, the most first."""

    problems: tuple[Problem, ...]
    cardinality: tuple[tuple[str, int], ...]


class _Known(dict[bytes, dict[str, str]]):
    def learn(self, key: bytes, raw: Mapping[str, str]) -> None:
        self[key] = dict(raw)

    def knows(self, keys: Sequence[bytes]) -> bool:
        return all(map(self.__contains__, keys))


def lint(body: bytes, *, is_openmetrics: bool = False) -> Finding:
    """Raises ExpositionError."""
    families = families_of(body, is_openmetrics=is_openmetrics)
    if not is_openmetrics:  # `check_openmetrics` looks at that
        check_declarations(body)
    problems = [
        Problem(family.name, text)
        for family in families.values()
        for rule in RULES
        for text in rule(family)
    ]
    counts = [(family.name, len(family.samples)) for family in families.values()]
    counts.sort(key=lambda each: (-each[1], each[0]))
    return Finding(tuple(sorted({*problems})), tuple(counts))


def families_of(body: bytes, *, is_openmetrics: bool = False) -> dict[str, Family]:
    """Raises ExpositionError."""
    reader, known = Reader(Outlines()), _Known()
    steps = reader.read(body, known, OPENMETRICS if is_openmetrics else TEXT)
    keys: tuple[bytes, ...] = ()
    while True:
        try:
            next(steps)
        except StopIteration as done:
            keys = done.value.keys
            break
    comments = reader.comments()
    types = types_of(comments)
    helped = {name for word, name, text in said(comments) if word == "HELP" and text}
    families: dict[str, Family] = {}
    for key in keys:
        labels = known[key]
        name = _family_name(labels[METRIC_NAME], types)
        kind = types.get(name, "untyped")
        families.setdefault(name, Family(name, kind, name in helped)).samples.append(labels)
    return families


def _family_name(name: str, types: Mapping[str, str]) -> str:
    if name in types:
        return name
    for kind, suffixes in _SUFFIXES.items():
        for suffix in suffixes:
            if name.endswith(suffix) and types.get(name.removesuffix(suffix)) == kind:
                return name.removesuffix(suffix)
    return name


def check_openmetrics(body: bytes) -> None:
    """All that the OpenMetrics specification asks, more than a scrape does.

    Raises ExpositionError, with line 0 where no line is known.
    """
    families_of(body, is_openmetrics=True)
    # Late: only this command needs it. The reference parser of the specification's authors, which
    # agrees with all 211 cases of their own tests.
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    parse: Callable[[str], Iterable[object]] = text_string_to_metric_families
    try:
        for _ in parse(body.decode()):
            pass
    except Exception as exc:  # it raises whatever it stumbles over: any error is a refusal
        raise ExpositionError(str(exc) or type(exc).__name__, 0, b"") from exc


def _help(family: Family) -> Iterator[str]:
    if not family.has_help:
        yield "has no help text"


def _units(family: Family) -> Iterator[str]:
    words = family.name.removesuffix("_total").lower().split("_")
    for word in words:
        if word in _UNITS:
            yield f"use the base unit {_UNITS[word]} in place of {word}"
    if len(words) > 1 and words[-1] in _ABBREVIATIONS:
        yield f"write the unit out in place of {words[-1]}"


def _total(family: Family) -> Iterator[str]:
    names = {labels[METRIC_NAME] for labels in family.samples} | {family.name}
    has_total = any(name.endswith("_total") for name in names)
    if family.type == "counter" and not has_total:
        yield "a counter's name ends in _total"
    if family.type not in ("counter", "untyped", "unknown") and family.name.endswith("_total"):
        yield "only a counter's name ends in _total"


def _reserved(family: Family) -> Iterator[str]:
    suffixes = {"_bucket": ("histogram",), "_count": ("histogram", "summary")}
    suffixes["_sum"] = suffixes["_count"]
    for suffix, kinds in suffixes.items():
        is_free = family.type in ("untyped", "unknown", "gaugehistogram")
        if family.name.endswith(suffix) and family.type not in kinds and not is_free:
            yield f"only a {' or '.join(kinds)} has a name that ends in {suffix}"
    for label, kind in (("le", "histogram"), ("quantile", "summary")):
        has_label = any(label in labels for labels in family.samples)
        if has_label and family.type not in (kind, "gaugehistogram", "untyped", "unknown"):
            yield f"only a {kind} has the label {label}"


def _bounds(family: Family) -> Iterator[str]:
    bound_label = {"histogram": "le", "summary": "quantile"}.get(family.type, "")
    for bound in sorted(
        {labels[bound_label] for labels in family.samples if bound_label in labels}
    ):
        try:
            parse_value(bound.encode())
        except ValueError:
            yield f"the label {bound_label} is not a number: {shown(bound.encode())}"


def _type_in_name(family: Family) -> Iterator[str]:
    for word in _TYPE_WORDS:
        if word in family.name.lower().split("_"):
            yield f"the name says its type: {word}"


def _colon(family: Family) -> Iterator[str]:
    if ":" in family.name:
        yield "colons are for recording rules"


def _camel_case(family: Family) -> Iterator[str]:
    if _CAMEL.search(family.name):
        yield "write the name in snake_case"
    labels = sorted({label for labels in family.samples for label in labels})
    for label in labels:
        if _CAMEL.search(label):
            yield f"write the label {label} in snake_case"


def _duplicates(family: Family) -> Iterator[str]:
    seen = {frozenset(labels.items()) for labels in family.samples}
    if len(seen) < len(family.samples):
        yield "the same series stands there more than once"


RULES: tuple[Callable[[Family], Iterator[str]], ...] = (
    _help,
    _units,
    _total,
    _reserved,
    _bounds,
    _type_in_name,
    _colon,
    _camel_case,
    _duplicates,
)
