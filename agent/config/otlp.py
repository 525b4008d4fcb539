"""The `otlp` section: how pushed OpenTelemetry metrics become series.

Decoded now, used by the receiver of OTLP.
"""

import attrs

from agent.config.decode import Cursor, check

STRATEGIES = (
    "UnderscoreEscapingWithSuffixes",
    "UnderscoreEscapingWithoutSuffixes",
    "NoUTF8EscapingWithSuffixes",
    "NoTranslation",
)


@attrs.frozen(kw_only=True)
class OtlpSection:
    promote_all_resource_attributes: bool = False
    promote_resource_attributes: tuple[str, ...] = ()
    ignore_resource_attributes: tuple[str, ...] = ()
    translation_strategy: str = STRATEGIES[0]
    keep_identifying_resource_attributes: bool = False
    convert_histograms_to_nhcb: bool = False
    promote_scope_metadata: bool = False
    label_name_underscore_sanitization: bool = True
    label_name_preserve_multiple_underscores: bool = True


@check(OtlpSection)
def _check_otlp(section: OtlpSection, cursor: Cursor) -> None:
    if section.translation_strategy not in STRATEGIES:
        message = f"unsupported OTLP translation strategy {section.translation_strategy[:80]!r}"
        place = cursor.at("translation_strategy")
        place.error(message, section.translation_strategy, ", ".join(STRATEGIES))
    if section.promote_all_resource_attributes and section.promote_resource_attributes:
        message = (
            "'promote_all_resource_attributes' and 'promote_resource_attributes' cannot both be"
        )
        cursor.key_of("promote_resource_attributes").error(f"{message} configured")
    if section.ignore_resource_attributes and not section.promote_all_resource_attributes:
        message = "'ignore_resource_attributes' needs 'promote_all_resource_attributes'"
        cursor.key_of("ignore_resource_attributes").error(message)
