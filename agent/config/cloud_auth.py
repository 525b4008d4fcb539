"""Ways to authenticate with clouds in `remote_write`: `sigv4`, `azuread`, `google_iam`.

Source: reference/prometheus.md 3.5, Prometheus' documentation of the three blocks.
"""

import re

import attrs

from agent.config.cursor import Cursor
from agent.config.registry import check
from agent.config.scalars import FilePath
from transport.secret import Secret

_CLOUDS = ("AzurePublic", "AzureChina", "AzureGovernment")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
# The ways of azuread; exactly one is used.
AZURE_WAYS = ("managed_identity", "workload_identity", "oauth", "sdk", "certificate")
TOKEN_FILE = FilePath("/var/run/secrets/azure/tokens/azure-identity-token")


@attrs.frozen(kw_only=True)
class SigV4Section:
    region: str = ""
    access_key: str = ""
    secret_key: Secret = Secret("")
    profile: str = ""
    role_arn: str = ""
    external_id: str = ""
    use_fips_sts_endpoint: bool = False


@attrs.frozen(kw_only=True)
class ManagedIdentitySection:
    client_id: str = ""


@attrs.frozen(kw_only=True)
class WorkloadIdentitySection:
    client_id: str = ""
    tenant_id: str = ""
    token_file_path: FilePath = TOKEN_FILE


@attrs.frozen(kw_only=True)
class AzureOAuthSection:
    client_id: str = ""
    client_secret: Secret = Secret("")
    tenant_id: str = ""


@attrs.frozen(kw_only=True)
class AzureSdkSection:
    tenant_id: str = ""


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
    managed_identity: ManagedIdentitySection | None = None
    workload_identity: WorkloadIdentitySection | None = None
    oauth: AzureOAuthSection | None = None
    sdk: AzureSdkSection | None = None
    certificate: AzureCertificateSection | None = None
    scope: str = ""


@attrs.frozen(kw_only=True)
class GoogleIamSection:
    credentials_file: FilePath = FilePath("")


@check(SigV4Section)
def _check_sigv4(section: SigV4Section, cursor: Cursor) -> None:
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


@check(ManagedIdentitySection)
def _check_managed(section: ManagedIdentitySection, cursor: Cursor) -> None:
    _check_ids(section, cursor, ())  # without one, the identity that the system assigned


@check(WorkloadIdentitySection)
def _check_workload(section: WorkloadIdentitySection, cursor: Cursor) -> None:
    _check_ids(section, cursor, ("client_id", "tenant_id"))


@check(AzureOAuthSection)
def _check_oauth(section: AzureOAuthSection, cursor: Cursor) -> None:
    _check_ids(section, cursor, ("client_id", "tenant_id"))
    if not section.client_secret and cursor.is_sound("client_secret"):
        cursor.error("the azuread block needs a client_secret")


@check(AzureSdkSection)
def _check_sdk(section: AzureSdkSection, cursor: Cursor) -> None:
    _check_ids(section, cursor, ())


@check(AzureCertificateSection)
def _check_certificate(section: AzureCertificateSection, cursor: Cursor) -> None:
    _check_ids(section, cursor, ("client_id", "tenant_id"))
    if not section.certificate_path and cursor.is_sound("certificate_path"):
        cursor.error("the azuread block needs a certificate_path")
