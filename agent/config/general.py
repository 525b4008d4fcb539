"""The `global` section: what jobs inherit, and the labels of this host.

Source: reference/prometheus.md 3.1 (error texts too), vmagent.md 1.2 for the two rule lists.
"""

import re
from collections.abc import Mapping

import attrs

from agent.config.cursor import Cursor
from agent.config.decode import key
from agent.config.registry import check
from agent.config.rules import Rules
from agent.config.scalars import Count, Duration, FilePath, Size

DEFAULT_INTERVAL_S = 60.0
DEFAULT_TIMEOUT_S = 10.0

PROTOCOLS = (
    "PrometheusProto",
    "OpenMetricsText0.0.1",
    "OpenMetricsText1.0.0",
    "PrometheusText1.0.0",
    "PrometheusText0.0.4",
)
UTF8_CONFLICT = "utf8 metric names requested but validation scheme is not set to UTF8"
_VALIDATION_SCHEMES = ("legacy", "utf8")
_ESCAPING_SCHEMES = ("allow-utf-8", "underscores", "dots", "values")
_LEGACY_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# Go's os.Expand: in braces anything, otherwise one special character or a name.
_VARIABLE = re.compile(r"\$(?:\{([^}]*)\}|([*#$@!?\-0-9]|[A-Za-z_][A-Za-z_0-9]*))")


@attrs.frozen(kw_only=True, slots=False)  # one of several bases
class CommonSection:
    """The keys that `global` and each job share. None and 0 where a key is missing."""

    scrape_interval: Duration = Duration(0)
    scrape_timeout: Duration = Duration(0)
    scrape_protocols: tuple[str, ...] | None = None
    scrape_failure_log_file: FilePath = FilePath("")
    body_size_limit: Size = Size(0)
    sample_limit: Count = Count(0)
    target_limit: Count = Count(0)
    label_limit: Count = Count(0)
    label_name_length_limit: Count = Count(0)
    label_value_length_limit: Count = Count(0)
    keep_dropped_targets: Count = Count(0)
    metric_name_validation_scheme: str = ""
    metric_name_escaping_scheme: str = ""
    scrape_native_histograms: bool | None = None
    convert_classic_histograms_to_nhcb: bool | None = None
    always_scrape_classic_histograms: bool | None = None
    extra_scrape_metrics: bool | None = None
    relabel_configs: Rules = ()
    metric_relabel_configs: Rules = ()


@attrs.frozen(kw_only=True)
class GlobalSection(CommonSection):
    here: Cursor | None = attrs.field(default=None, metadata=key(None), eq=False, repr=False)
    evaluation_interval: Duration = Duration(0)
    rule_query_offset: Duration = Duration(0)
    query_log_file: FilePath = FilePath("")
    external_labels: Mapping[str, str] = attrs.field(factory=dict)


@check(GlobalSection)
def _check_global(section: GlobalSection, cursor: Cursor) -> None:
    interval_s = section.scrape_interval or DEFAULT_INTERVAL_S
    if cursor.is_sound("scrape_interval") and section.scrape_timeout > interval_s:
        message = "global scrape timeout greater than scrape interval"
        cursor.at("scrape_timeout").error(message, f"{section.scrape_timeout:g}s")
    scheme = section.metric_name_validation_scheme or "utf8"
    if scheme == "legacy" and section.metric_name_escaping_scheme == "allow-utf-8":
        cursor.at("metric_name_escaping_scheme").error(UTF8_CONFLICT)
    check_labels(section.external_labels, cursor.at("external_labels"), scheme)
    check_common(section, cursor)


def check_common(section: CommonSection, cursor: Cursor) -> None:
    """The rules that `global` and jobs share."""
    check_protocols(section.scrape_protocols, cursor)
    scheme = section.metric_name_validation_scheme
    if scheme and scheme not in _VALIDATION_SCHEMES:
        message = f'unrecognized ValidationScheme: "{scheme[:80]}"'
        place = cursor.at("metric_name_validation_scheme")
        place.error(message, scheme, "legacy or utf8")
    scheme = section.metric_name_escaping_scheme
    if scheme and scheme not in _ESCAPING_SCHEMES:
        message = f"unknown metric name escaping scheme {scheme[:80]!r}"
        place = cursor.at("metric_name_escaping_scheme")
        place.error(message, scheme, ", ".join(_ESCAPING_SCHEMES))


def check_protocols(protocols: tuple[str, ...] | None, cursor: Cursor) -> None:
    if protocols is None or not cursor.is_sound("scrape_protocols"):
        return
    place = cursor.at("scrape_protocols")
    if not protocols:
        place.error("scrape_protocols cannot be empty")
    for name in protocols:
        check_protocol(name, place)
    lowered = [name.lower() for name in protocols]
    if len(set(lowered)) < len(lowered):
        place.error(f"duplicated protocol in scrape_protocols, got {' '.join(protocols)}")


def check_protocol(name: str, place: Cursor) -> None:
    if name not in PROTOCOLS:
        message = f"unknown scrape protocol {name[:80]}, supported: {', '.join(PROTOCOLS)}"
        place.error(message, name)


def is_label_name(name: str, scheme: str) -> bool:
    if scheme == "legacy":
        return _LEGACY_LABEL.fullmatch(name) is not None
    return bool(name)


def check_labels(labels: Mapping[str, str], cursor: Cursor, scheme: str) -> None:
    """Names by the validation scheme."""
    for name in labels:
        if not is_label_name(name, scheme):
            cursor.key_of(name).error(f'"{name[:80]}" is not a valid label name', name)


def expand_variables(text: str, environment: Mapping[str, str]) -> str:
    """`$VAR` and `${VAR}` in an external label; `$$` is a dollar, an unset variable is empty."""

    def value(match: re.Match[str]) -> str:
        name: str = match[2] if match[1] is None else match[1]
        return "$" if name == "$" else environment.get(name, "")

    return _VARIABLE.sub(value, text)
