"""The `otlp` section: how pushed OpenTelemetry metrics become series.

Decoded now, used by the receiver of OTLP.
"""

import attrs

from agent.config.cursor import Cursor
from agent.config.registry import check

STRATEGIES = (
    "UnderscoreEscapingWithSuffixes",
    "UnderscoreEscapingWithoutSuffixes",
    "NoUTF8EscapingWithSuffixes",
    "NoTranslation",
)
UTF8_STRATEGIES = STRATEGIES[2:]


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
    _check_attributes("promote", section.promote_resource_attributes, cursor)
    _check_attributes("ignore", section.ignore_resource_attributes, cursor)


def _check_attributes(verb: str, names: tuple[str, ...], cursor: Cursor) -> None:
    """Names are compared without blanks around them, as Prometheus does."""
    place = cursor.at(f"{verb}_resource_attributes")
    seen: set[str] = set()
    for index, name in enumerate(names):
        bare = name.strip()
        if not bare:
            place.item(index).error(f"empty {verb}d OTel resource attribute")
        elif bare in seen:
            place.item(index).error(f"duplicated {verb}d OTel resource attribute {bare[:80]!r}")
        seen.add(bare)
