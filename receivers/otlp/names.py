"""Names of metrics: from OpenTelemetry's to Prometheus', by one of four strategies.

Takes name, unit and kind of a metric; gives the name of its family. Raises NamingError.
Source: reference/peers.md 1.1 and 1.2 (Prometheus' otlptranslator).
"""

import enum
import re

from receivers.otlp.settings import Strategy

_MAIN = {
    "d": "days",
    "h": "hours",
    "min": "minutes",
    "s": "seconds",
    "ms": "milliseconds",
    "us": "microseconds",
    "ns": "nanoseconds",
    "By": "bytes",
    "KiBy": "kibibytes",
    "MiBy": "mebibytes",
    "GiBy": "gibibytes",
    # As Prometheus writes it; the specification says tebibytes and kBy.
    "TiBy": "tibibytes",
    "KBy": "kilobytes",
    "MBy": "megabytes",
    "GBy": "gigabytes",
    "TBy": "terabytes",
    "m": "meters",
    "V": "volts",
    "A": "amperes",
    "J": "joules",
    "W": "watts",
    "g": "grams",
    "Cel": "celsius",
    "Hz": "hertz",
    "1": "",
    "%": "percent",
}
_PER = {
    "s": "second",
    "m": "minute",
    "h": "hour",
    "d": "day",
    "w": "week",
    "mo": "month",
    "y": "year",
}
_NOT_TOKEN = re.compile("[^a-zA-Z0-9:]+")
_NOT_NAME = re.compile("[^a-zA-Z0-9:_]+")


class Kind(enum.Enum):
    """What decides the suffix of a name."""

    GAUGE = "gauge"
    COUNTER = "counter"
    OTHER = "other"


class NamingError(ValueError):
    """A name of which nothing is left."""


def unit_words(unit: str) -> tuple[str, str]:
    """The words for a unit: `By/s` gives `bytes` and `per_second`; each may be empty."""
    main, slash, per = unit.partition("/")
    main, per = main.strip(), per.strip() if slash else ""
    main = "" if "{" in main or "}" in main else _MAIN.get(main, main)
    per = "" if "{" in per or "}" in per else _PER.get(per, per)
    return main, f"per_{per}" if per else ""


def unit_name(unit: str) -> str:
    """What metadata says the unit is."""
    return "_".join(filter(None, _clean_words(unit)))


def _clean_words(unit: str) -> tuple[str, str]:
    main, per = (_NOT_TOKEN.sub("_", word).removeprefix("_") for word in unit_words(unit))
    per = per.removesuffix("_")
    if per == "per":
        per = ""
    return (main.removesuffix("_") if per else main), per


def metric_name(name: str, unit: str, kind: Kind, strategy: Strategy, namespace: str = "") -> str:
    """Raises NamingError."""
    if strategy.escapes:
        made = (
            _with_tokens(name, unit, kind, namespace)
            if strategy.has_suffixes
            else _escaped(name, namespace)
        )
        if not made or (made != name and not made.strip("_")):
            raise NamingError(f"nothing of the metric's name {name[:80]!r} can be kept")
        return made
    if not name:
        raise NamingError("the metric has no name")
    made = f"{namespace}_{name}" if namespace else name
    return _with_endings(made, unit, kind) if strategy.has_suffixes else made


def _with_tokens(name: str, unit: str, kind: Kind, namespace: str) -> str:
    tokens = [token for token in _NOT_TOKEN.split(name) if token]
    own = set(tokens)
    tokens += [word for word in _clean_words(unit) if word and word not in own]
    if kind is Kind.COUNTER:
        tokens = [*[token for token in tokens if token != "total"], "total"]  # noqa: S105
    if kind is Kind.GAUGE and unit == "1":
        tokens = [*[token for token in tokens if token != "ratio"], "ratio"]  # noqa: S105
    if namespace:
        tokens.insert(0, namespace)
    return _without_leading_digit("_".join(tokens))


def _escaped(name: str, namespace: str) -> str:
    # Runs of what cannot be kept are one underscore, and none at the ends.
    made = "_".join(filter(None, _NOT_NAME.split(name)))
    if namespace:
        return f"{'_'.join(filter(None, _NOT_NAME.split(namespace)))}_{made}"
    return _without_leading_digit(made)


def _without_leading_digit(name: str) -> str:
    return f"_{name}" if name[:1].isdigit() else name


def _with_endings(name: str, unit: str, kind: Kind) -> str:
    endings = []
    if kind is Kind.GAUGE and unit == "1":
        name = _without_ending(name, "ratio")
        endings.append("ratio")
    if kind is Kind.COUNTER:
        name = _without_ending(name, "total")
        endings.append("total")
    main, per = unit_words(unit)
    if per:
        name = _without_ending(name, per)
        endings.append(per)
    if main and not name.endswith(main):
        name = f"{name}_{main}"
    return "_".join([name, *reversed(endings)])


def _without_ending(name: str, ending: str) -> str:
    """Without the word and the character before it, if something is left then."""
    if name.endswith(ending) and len(name) > len(ending) + 1:
        return name[: -len(ending) - 1]
    return name
