"""How OTLP is translated: the `otlp` section, and vmagent's flags where they are set.

Takes both; gives a Translation. Where neither says anything Prometheus' defaults count, not
vmagent's: names are escaped, and resources are told by target_info.
"""

from collections.abc import Mapping
from typing import Any

import attrs

from agent.config.otlp import OtlpSection
from agent.flags.values import Values
from receivers.otlp.settings import Delta, Strategy, Translation

# Prometheus' feature flags, and what -otlp.delta says for the same.
DELTA_FEATURES = {
    "otlp-deltatocumulative": Delta.CUMULATIVE,
    "otlp-native-delta-ingestion": Delta.STORED,
}
_PREFIX = "opentelemetry."


def translation_of(
    section: OtlpSection | None, values: Values, external_labels: Mapping[str, str]
) -> Translation:
    own = section or OtlpSection()
    translation = Translation(
        strategy=Strategy(own.translation_strategy),
        promote_all=own.promote_all_resource_attributes,
        promote=frozenset(map(str.strip, own.promote_resource_attributes)),
        ignore=frozenset(map(str.strip, own.ignore_resource_attributes)),
        keep_identifying=own.keep_identifying_resource_attributes,
        custom_buckets=own.convert_histograms_to_nhcb,
        promote_scope=own.promote_scope_metadata,
        prefixes_underscore=own.label_name_underscore_sanitization,
        keeps_underscores=own.label_name_preserve_multiple_underscores,
        delta=_delta(values),
        external_labels=dict(external_labels),
    )
    return attrs.evolve(translation, **_from_flags(values))


def _delta(values: Values) -> Delta:
    if not values.is_set("otlp.delta"):
        for feature in values["enable-feature"]:
            if feature in DELTA_FEATURES:
                return DELTA_FEATURES[feature]
    return Delta(values["otlp.delta"])


def _from_flags(values: Values) -> dict[str, Any]:
    """Only what somebody set; a flag beats the section."""

    def given(name: str) -> Any:
        return values[_PREFIX + name] if values.is_set(_PREFIX + name) else None

    changes: dict[str, Any] = {
        "promote_all": given("promoteAllResourceAttributes"),
        "promote": given("promoteResourceAttributes"),
        "ignore": given("ignoreResourceAttributes"),
        "promote_scope": given("promoteScopeMetadata"),
        "prefixes_underscore": given("labelNameUnderscoreSanitization"),
    }
    for name in ("promote", "ignore"):
        if changes[name] is not None:
            changes[name] = frozenset(filter(None, changes[name]))
    if changes["promote"] and changes["promote_all"] is None:
        changes["promote_all"] = False
    naming = given("usePrometheusNaming")
    if naming is not None:
        changes["strategy"] = Strategy.ESCAPED_WITH_SUFFIXES if naming else Strategy.UNCHANGED
    if given("convertMetricNamesToPrometheus"):
        changes["metric_strategy"] = Strategy.ESCAPED_WITH_SUFFIXES
    return {name: value for name, value in changes.items() if value is not None}
