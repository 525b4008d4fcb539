"""How the otlp section and the flags come to one translation."""

from typing import Any

import attrs
import pytest

from agent.config.otlp import OtlpSection
from agent.flags.parser import parse
from agent.otlp_settings import translation_of
from receivers.otlp.settings import Delta, Strategy, Translation


@pytest.mark.parametrize(
    ("section", "flags", "changes"),
    [
        pytest.param(None, [], {}, id="Prometheus' defaults"),
        pytest.param(
            {"translation_strategy": "NoTranslation"},
            [],
            {"strategy": Strategy.UNCHANGED},
            id="the section's strategy",
        ),
        pytest.param(
            {
                "promote_resource_attributes": (" a ", "b"),
                "convert_histograms_to_nhcb": True,
                "keep_identifying_resource_attributes": True,
            },
            [],
            {"promote": frozenset("ab"), "custom_buckets": True, "keep_identifying": True},
            id="more of the section",
        ),
        pytest.param(
            {"translation_strategy": "NoTranslation"},
            ["-opentelemetry.usePrometheusNaming"],
            {"strategy": Strategy.ESCAPED_WITH_SUFFIXES},
            id="a flag beats the section",
        ),
        pytest.param(
            None,
            ["-opentelemetry.usePrometheusNaming=false"],
            {"strategy": Strategy.UNCHANGED},
            id="a flag that says no is said",
        ),
        pytest.param(
            None,
            [
                "-opentelemetry.usePrometheusNaming=false",
                "-opentelemetry.convertMetricNamesToPrometheus",
            ],
            {
                "strategy": Strategy.UNCHANGED,
                "metric_strategy": Strategy.ESCAPED_WITH_SUFFIXES,
            },
            id="names of metrics alone",
        ),
        pytest.param(
            {"promote_all_resource_attributes": True},
            ["-opentelemetry.promoteResourceAttributes=a"],
            {"promote": frozenset("a"), "promote_all": False},
            id="a list in a flag is instead of all",
        ),
        pytest.param(
            None,
            [
                "-opentelemetry.promoteAllResourceAttributes",
                "-opentelemetry.ignoreResourceAttributes=a",
            ],
            {"promote_all": True, "ignore": frozenset("a")},
            id="all but one",
        ),
        pytest.param(
            None,
            ["-enable-feature=otlp-deltatocumulative"],
            {"delta": Delta.CUMULATIVE},
            id="Prometheus' feature adds up",
        ),
        pytest.param(
            None,
            ["-enable-feature=otlp-native-delta-ingestion"],
            {"delta": Delta.STORED},
            id="Prometheus' feature stores",
        ),
        pytest.param(
            None,
            ["-enable-feature=otlp-deltatocumulative", "-otlp.delta=store"],
            {"delta": Delta.STORED},
            id="our flag beats a feature",
        ),
    ],
)
def test_translation(
    section: dict[str, Any] | None, flags: list[str], changes: dict[str, Any]
) -> None:
    own = None if section is None else OtlpSection(**section)
    assert translation_of(own, parse(flags, {}), {}) == attrs.evolve(Translation(), **changes)


def test_external_labels_go_along() -> None:
    translation = translation_of(None, parse([], {}), {"site": "s"})
    assert translation.external_labels == {"site": "s"}
