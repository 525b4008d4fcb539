"""Ways to authenticate with clouds in `remote_write`: `sigv4`, `azuread`, `google_iam`.

Source: reference/prometheus.md 3.5, Prometheus' documentation of the three blocks.
"""

import re

import attrs

from agent.config.cursor import Cursor
from agent.config.registry import check
from agent.config.scalars import FilePath
from transport.secret import Secret
from transport.settings import (
    AzureAD,
    AzureCertificate,
    AzureOAuth,
    AzureSdk,
    AzureWay,
    ManagedIdentity,
    SigV4,
    WorkloadIdentity,
)

_CLOUDS = ("AzurePublic", "AzureChina", "AzureGovernment")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# The ways of azuread; exactly one is used.
AZURE_WAYS = ("managed_identity", "workload_identity", "oauth", "sdk", "certificate")
TOKEN_FILE = FilePath(WorkloadIdentity().token_file)


@attrs.frozen(kw_only=True)
class WorkloadIdentitySection:
    client_id: str = ""
    tenant_id: str = ""
    token_file_path: FilePath = TOKEN_FILE


@attrs.frozen(kw_only=True)
class AzureCertificateSection:
    client_id: str = ""
    tenant_id: str = ""
    certificate_path: FilePath = FilePath("")
    certificate_key_path: FilePath = FilePath("")
    certificate_password: Secret = Secret("")
    send_certificate_chain: bool = False


@attrs.frozen(kw_only=True)
class AzureAdSection:
    cloud: str = "AzurePublic"
    managed_identity: ManagedIdentity | None = None
    workload_identity: WorkloadIdentitySection | None = None
    oauth: AzureOAuth | None = None
    sdk: AzureSdk | None = None
    certificate: AzureCertificateSection | None = None
    scope: str = ""


@check(SigV4)
def _check_sigv4(section: SigV4, cursor: Cursor) -> None:
    if bool(section.access_key) != bool(section.secret_key) and cursor.is_sound("secret_key"):
        cursor.error("must provide a AWS SigV4 access key and secret key if credentials are given")
    if section.external_id and not section.role_arn:
        cursor.key_of("external_id").error("external_id can only be used with role_arn")


@check(AzureAdSection)
def _check_azuread(section: AzureAdSection, cursor: Cursor) -> None:
    if section.cloud not in _CLOUDS:
        message = f"unknown cloud {section.cloud[:80]!r}; known: {', '.join(_CLOUDS)}"
        cursor.at("cloud").error(message, section.cloud)
    given = [way for way in AZURE_WAYS if getattr(section, way) is not None]
    if len(given) > 1:
        message = f"azuread takes one of {', '.join(AZURE_WAYS)}"
        cursor.key_of(given[1]).error(message)
    elif not given and cursor.is_sound(*AZURE_WAYS):
        cursor.error(f"one of {', '.join(AZURE_WAYS)} must be given in the azuread block")


def _check_ids(section: object, cursor: Cursor, needed: tuple[str, ...]) -> None:
    """Ids are UUIDs; those that are needed are not empty."""
    for name in ("client_id", "tenant_id"):
        value: str = getattr(section, name, "")
        if not value and name in needed and cursor.is_sound(name):
            cursor.error(f"the azuread block needs a {name}")
        elif value and not _UUID.fullmatch(value):
            cursor.at(name).error(f"the azuread {name} is no UUID", value)


@check(ManagedIdentity)
def _check_managed(section: ManagedIdentity, cursor: Cursor) -> None:
    _check_ids(section, cursor, ())  # without one, the identity that the system assigned


@check(WorkloadIdentitySection)
def _check_workload(section: WorkloadIdentitySection, cursor: Cursor) -> None:
    _check_ids(section, cursor, ("client_id", "tenant_id"))


@check(AzureOAuth)
def _check_oauth(section: AzureOAuth, cursor: Cursor) -> None:
    _check_ids(section, cursor, ("client_id", "tenant_id"))
    if not section.client_secret and cursor.is_sound("client_secret"):
        cursor.error("the azuread block needs a client_secret")


@check(AzureSdk)
def _check_sdk(section: AzureSdk, cursor: Cursor) -> None:
    _check_ids(section, cursor, ())


@check(AzureCertificateSection)
def _check_certificate(section: AzureCertificateSection, cursor: Cursor) -> None:
    _check_ids(section, cursor, ("client_id", "tenant_id"))
    if not section.certificate_path and cursor.is_sound("certificate_path"):
        cursor.error("the azuread block needs a certificate_path")


def azuread_settings(section: AzureAdSection) -> AzureAD | None:
    """The settings; None where no way is given (reported by the check)."""
    way = _way_of(section)
    return AzureAD(way=way, cloud=section.cloud, scope=section.scope) if way else None


def _way_of(section: AzureAdSection) -> AzureWay | None:
    if workload := section.workload_identity:
        return WorkloadIdentity(
            client_id=workload.client_id,
            tenant_id=workload.tenant_id,
            token_file=workload.token_file_path,
        )
    if certificate := section.certificate:
        return AzureCertificate(
            client_id=certificate.client_id,
            tenant_id=certificate.tenant_id,
            certificate_file=certificate.certificate_path,
            certificate_key_file=certificate.certificate_key_path,
            certificate_password=certificate.certificate_password,
            send_certificate_chain=certificate.send_certificate_chain,
        )
    return section.managed_identity or section.oauth or section.sdk


def azuread_section(settings: AzureAD) -> AzureAdSection:
    """The section that gives these settings."""
    way = settings.way
    ways: dict[str, object] = {}
    match way:
        case ManagedIdentity():
            ways["managed_identity"] = way
        case AzureOAuth():
            ways["oauth"] = way
        case AzureSdk():
            ways["sdk"] = way
        case WorkloadIdentity(client_id=client, tenant_id=tenant, token_file=file):
            ways["workload_identity"] = WorkloadIdentitySection(
                client_id=client, tenant_id=tenant, token_file_path=FilePath(file)
            )
        case AzureCertificate():
            ways["certificate"] = AzureCertificateSection(
                client_id=way.client_id,
                tenant_id=way.tenant_id,
                certificate_path=FilePath(way.certificate_file),
                certificate_key_path=FilePath(way.certificate_key_file),
                certificate_password=way.certificate_password,
                send_certificate_chain=way.send_certificate_chain,
            )
    return AzureAdSection(cloud=settings.cloud, scope=settings.scope, **ways)  # type: ignore[arg-type]
