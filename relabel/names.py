"""Which label names are valid, by Prometheus' two schemes.

`utf8` (Prometheus 3's default): any text but the empty one. `legacy`: letters, digits and `_`,
not starting with a digit.
"""

import re
from collections.abc import Callable

UTF8, LEGACY = "utf8", "legacy"

_LEGACY_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
# A legacy name with `$1`, `$name` or `${name}` in it (Prometheus: relabelTargetLegacy). The
# possessive `++` keeps it linear: a name behind a dollar is taken whole, or not at all.
_REFERENCE = r"\$(?:\{\w+\}|\w++)"
_LEGACY_TEMPLATE = re.compile(rf"(?:[a-zA-Z_]|{_REFERENCE})(?:\w|{_REFERENCE})*", re.ASCII)


def name_test(scheme: str) -> Callable[[str], bool]:
    """The test for a name that was computed."""
    return bool if scheme == UTF8 else is_legacy_name


def is_legacy_name(name: str) -> bool:
    return _LEGACY_NAME.fullmatch(name) is not None


def is_valid_name(name: str, scheme: str) -> bool:
    return name_test(scheme)(name)


def is_valid_template(template: str, scheme: str) -> bool:
    """May `template` become a name once its references are filled in?"""
    if scheme == UTF8:
        return bool(template)
    return _LEGACY_TEMPLATE.fullmatch(template) is not None
