"""`kubernetes_sd_configs`: known and checked, not built yet.

Source: Prometheus' documentation of the kind and its configuration tests.
"""

import re

import attrs

from agent.config.cursor import Cursor
from agent.config.http_section import HttpSection, check_http
from agent.config.registry import check
from agent.config.scalars import FilePath

ROLES = ("node", "pod", "service", "endpoints", "endpointslice", "ingress")
# Which objects may be selected under which role.
_SELECTORS = {
    "node": ("node",),
    "pod": ("pod", "node"),
    "service": ("service",),
    "endpoints": ("pod", "service", "endpoints"),
    "endpointslice": ("pod", "service", "endpointslice"),
    "ingress": ("ingress",),
}
_REQUIREMENT = re.compile(r"\s*!?[\w./-]+\s*((=|==|!=)[^=]*|\s(in|notin)\s*\(.*\)\s*)?")
_HTTP_KEYS = (
    *("basic_auth", "authorization", "oauth2", "bearer_token", "bearer_token_file", "tls_config"),
    *("proxy_url", "proxy_from_environment", "http_headers"),
)


@attrs.frozen(kw_only=True)
class NamespacesSection:
    own_namespace: bool = False
    names: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class SelectorSection:
    role: str = ""
    label: str = ""
    field: str = ""


@attrs.frozen(kw_only=True)
class AttachSection:
    node: bool = False
    namespace: bool = False
    deployment: bool = False
    job: bool = False
    cronjob: bool = False


@attrs.frozen(kw_only=True)
class KubernetesSection(HttpSection):
    api_server: str = ""
    role: str = ""
    kubeconfig_file: FilePath = FilePath("")
    namespaces: NamespacesSection = NamespacesSection()
    selectors: tuple[SelectorSection, ...] = ()
    attach_metadata: AttachSection = AttachSection()


@check(KubernetesSection)
def _check_kubernetes(section: KubernetesSection, cursor: Cursor) -> None:
    check_http(section)
    if section.role not in ROLES:
        message = f"unknown Kubernetes SD role {section.role[:80]!r}" if section.role else "role is"
        message += "" if section.role else f" missing (one of: {', '.join(ROLES)})"
        cursor.at("role").error(message, section.role, ", ".join(ROLES))
    _check_access(section, cursor)
    _check_selectors(section, cursor)


def _check_access(section: KubernetesSection, cursor: Cursor) -> None:
    has_http = any(cursor.has(key) for key in _HTTP_KEYS)
    together = "simultaneously"
    if section.api_server and section.kubeconfig_file:
        message = f"cannot use 'kubeconfig_file' and 'api_server' {together}"
        cursor.key_of("kubeconfig_file").error(message)
    if section.kubeconfig_file and has_http:
        message = "cannot use a custom HTTP client configuration together with 'kubeconfig_file'"
        cursor.key_of("kubeconfig_file").error(message)
    if not section.api_server and not section.kubeconfig_file and has_http:
        cursor.error(
            "to use custom HTTP client configuration please provide the 'api_server' URL explicitly"
        )
    for key in ("api_server", "kubeconfig_file"):
        if getattr(section, key) and section.namespaces.own_namespace:
            message = f"cannot use '{key}' and 'namespaces.own_namespace' {together}"
            cursor.at("namespaces").error(message)


def _check_selectors(section: KubernetesSection, cursor: Cursor) -> None:
    allowed = _SELECTORS.get(section.role, ROLES)
    seen: set[str] = set()
    for index, selector in enumerate(section.selectors):
        place = cursor.at("selectors").item(index)
        if selector.role in seen:
            place.error(f"duplicated selector role: {selector.role}", selector.role)
        elif selector.role not in allowed:
            message = f"{section.role} role supports only {', '.join(allowed)} selectors"
            place.error(message, selector.role)
        seen.add(selector.role)
        for text in (selector.label, selector.field):
            if text and not all(map(_REQUIREMENT.fullmatch, _requirements(text))):
                place.error(f"invalid selector: '{text[:80]}'", text)
        _check_field(selector, place)


def _check_field(selector: SelectorSection, place: Cursor) -> None:
    for requirement in _requirements(selector.field):
        if "=" not in requirement:
            message = f"invalid selector: '{selector.field[:80]}'; can't understand"
            place.error(f"{message} '{requirement[:80]}'", selector.field)


def _requirements(text: str) -> list[str]:
    """The parts between commas, those inside parentheses left alone."""
    return [part for part in re.split(r",(?![^(]*\))", text) if part.strip()]
