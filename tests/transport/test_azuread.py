"""Each way to an Azure token: what is asked, of whom, with what proof."""

import base64
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import attrs
import pytest
import trio
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)

from tests.transport.asked import Asked, FakeFetch, reply, token
from tests.transport.rsa_keys import RsaPair, rsa_pair
from transport.azure_machine import MachineTokens
from transport.azuread import AzureTokens
from transport.errors import TransportError
from transport.renewal import Renewed
from transport.response import Response
from transport.secret import Secret
from transport.settings import (
    AzureAD,
    AzureCertificate,
    AzureOAuth,
    AzureSdk,
    AzureWay,
    ManagedIdentity,
    WorkloadIdentity,
)

Clock = trio.testing.MockClock

IDS = {"client_id": "C", "tenant_id": "T"}
SCOPE = "https://monitor.azure.com//.default"
IMDS = "http://169.254.169.254/metadata/identity/oauth2/token"
QUERY = "resource=https%3A%2F%2Fmonitor.azure.com%2F"


@pytest.fixture(scope="module")
def pair() -> RsaPair:
    return rsa_pair()


def source_of(
    fetch: FakeFetch,
    way: AzureWay,
    environment: Mapping[str, str] | None = None,
    **more: str,
) -> Renewed[str]:
    settings = AzureAD(way=way, **more)
    tokens = AzureTokens(settings, fetch, environment or {}, lambda: 1000.0)
    return Renewed(tokens.place, tokens.lease, margin_s=300)


async def asked_for(
    way: AzureWay, environment: Mapping[str, str] | None = None, **more: str
) -> Asked:
    fetch = FakeFetch(lambda asked: token(expires_in="3600"))
    assert await source_of(fetch, way, environment, **more).value() == "Bearer t1"
    (asked,) = fetch.asked
    return asked


async def test_a_client_secret(autojump_clock: Clock) -> None:
    asked = await asked_for(AzureOAuth(**IDS, client_secret=Secret("S")))
    assert asked.url == "https://login.microsoftonline.com/T/oauth2/v2.0/token"
    assert asked.form == {
        "grant_type": "client_credentials",
        "client_id": "C",
        "client_secret": "S",
        "scope": SCOPE,
    }


@pytest.mark.parametrize(
    ("more", "environment", "url", "scope"),
    [
        pytest.param(
            {"cloud": "AzureChina"},
            {},
            "https://login.chinacloudapi.cn/",
            "https://monitor.azure.cn//.default",
            id="China",
        ),
        pytest.param(
            {"cloud": "AzureGovernment"},
            {},
            "https://login.microsoftonline.us/",
            "https://monitor.azure.us//.default",
            id="the government's",
        ),
        pytest.param(
            {"scope": "https://x/.default"},
            {"AZURE_AUTHORITY_HOST": "http://127.0.0.1:3/"},
            "http://127.0.0.1:3/",
            "https://x/.default",
            id="another scope and authority",
        ),
    ],
)
async def test_clouds(
    autojump_clock: Clock, more: dict[str, str], environment: dict[str, str], url: str, scope: str
) -> None:
    asked = await asked_for(AzureOAuth(**IDS, client_secret=Secret("S")), environment, **more)
    assert asked.url == f"{url}T/oauth2/v2.0/token"
    assert asked.form["scope"] == scope


async def test_a_workload_identity_is_followed(autojump_clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("J1\n")
    fetch = FakeFetch(lambda asked: token(expires_in=3600))
    source = source_of(fetch, WorkloadIdentity(**IDS, token_file=str(path)))
    await source.value()
    path.write_text("J2-is-new")
    await source.value()
    assert [asked.form["client_assertion"] for asked in fetch.asked] == ["J1", "J2-is-new"]
    assert fetch.asked[0].form["client_assertion_type"].endswith(":jwt-bearer")


def _part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("form", ["pem", "pem and key", "pkcs12"])
async def test_a_certificate(
    autojump_clock: Clock, pair: RsaPair, tmp_path: Path, form: str
) -> None:
    way = AzureCertificate(client_id="C", tenant_id="T", certificate_file=str(tmp_path / "one"))
    cert = pair.certificate.public_bytes(Encoding.PEM)
    if form == "pem":
        (tmp_path / "one").write_bytes(pair.key_pem.encode() + cert)
    elif form == "pem and key":
        (tmp_path / "one").write_bytes(cert)
        (tmp_path / "key").write_text(pair.key_pem)
        way = attrs.evolve(way, certificate_key_file=str(tmp_path / "key"))
    else:
        data = pkcs12.serialize_key_and_certificates(
            b"x", pair.key, pair.certificate, None, BestAvailableEncryption(b"P")
        )
        (tmp_path / "one").write_bytes(data)
        way = attrs.evolve(way, certificate_password=Secret("P"), send_certificate_chain=True)
    asked = await asked_for(way)
    head, claims, signature = asked.form["client_assertion"].split(".")
    der = pair.certificate.public_bytes(Encoding.DER)
    header = json.loads(_part(head))
    assert header["alg"] == "PS256"
    assert _part(header["x5t#S256"]) == hashlib.sha256(der).digest()
    assert ("x5c" in header) is (form == "pkcs12")
    found = json.loads(_part(claims))
    assert (found["iss"], found["sub"], found["aud"]) == ("C", "C", asked.url)
    assert (found["nbf"], found["exp"]) == (1000, 1600)
    pair.key.public_key().verify(
        _part(signature),
        f"{head}.{claims}".encode(),
        padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH),
        hashes.SHA256(),
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"garbage", "are not a PEM or PKCS 12 certificate", id="garbage"),
        pytest.param(
            b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n",
            "are not a PEM",
            id="PEM",
        ),
    ],
)
async def test_certificates_of_no_use(
    autojump_clock: Clock, tmp_path: Path, content: bytes, words: str
) -> None:
    (tmp_path / "one").write_bytes(content)
    fetch = FakeFetch(lambda asked: token())
    way = AzureCertificate(client_id="C", tenant_id="T", certificate_file=str(tmp_path / "one"))
    with pytest.raises(TransportError, match=words):
        await source_of(fetch, way).value()


@pytest.mark.parametrize(
    ("environment", "identity", "url", "header"),
    [
        pytest.param(
            {},
            ManagedIdentity(client_id="C"),
            f"{IMDS}?api-version=2018-02-01&{QUERY}&client_id=C",
            ("metadata", "true"),
            id="a virtual machine",
        ),
        pytest.param(
            {},
            ManagedIdentity(),
            f"{IMDS}?api-version=2018-02-01&{QUERY}",
            ("metadata", "true"),
            id="the identity assigned by the system",
        ),
        pytest.param(
            {"IDENTITY_ENDPOINT": "http://127.0.0.1:4/t", "IDENTITY_HEADER": "H"},
            ManagedIdentity(),
            f"http://127.0.0.1:4/t?api-version=2019-08-01&{QUERY}",
            ("x-identity-header", "H"),
            id="an App Service",
        ),
    ],
)
async def test_a_managed_identity(
    autojump_clock: Clock,
    environment: dict[str, str],
    identity: ManagedIdentity,
    url: str,
    header: tuple[str, str],
) -> None:
    asked = await asked_for(identity, environment)
    assert (asked.method, asked.url) == ("GET", url)
    assert header in asked.headers.items()


async def test_an_end_instead_of_a_lifetime(autojump_clock: Clock) -> None:
    fetch = FakeFetch(lambda asked: token(expires_on="4600"), seconds=0)
    source = source_of(fetch, ManagedIdentity())
    await source.value()
    await trio.sleep(3600 - 300)
    assert source.maybe_value() is not None
    await trio.sleep(1)
    assert source.maybe_value() is None


async def test_a_host_with_arc(autojump_clock: Clock, tmp_path: Path) -> None:
    key = tmp_path / "a.key"
    key.write_text("K\n")

    def arc(asked: Asked) -> Response:
        if asked.headers.get("authorization") == "Basic K":
            return token()
        return reply(401, www_authenticate=f"Basic realm={key}")

    environment = {"IDENTITY_ENDPOINT": "http://127.0.0.1:5/t", "IMDS_ENDPOINT": "x"}
    fetch = FakeFetch(arc)
    machine = MachineTokens(SCOPE, fetch, environment, lambda: 0.0, arc_tokens=str(tmp_path))
    lease = await machine.lease(ManagedIdentity())
    assert lease.value == "Bearer t1"
    assert [asked.headers["metadata"] for asked in fetch.asked] == ["true", "true"]


@pytest.mark.parametrize(
    "path", ["/etc/shadow", "/var/opt/azcmagent/tokens/../x.key", "/var/opt/azcmagent/tokens/x"]
)
async def test_arc_may_not_name_any_file(autojump_clock: Clock, path: str) -> None:
    environment = {"IDENTITY_ENDPOINT": "http://127.0.0.1:5/t", "IMDS_ENDPOINT": "x"}
    fetch = FakeFetch(lambda asked: reply(401, www_authenticate=f"Basic realm={path}"))
    with pytest.raises(TransportError, match="Arc names a file that is not one of"):
        await source_of(fetch, ManagedIdentity(), environment).value()


@pytest.mark.parametrize(
    ("environment", "field"),
    [
        pytest.param({"AZURE_CLIENT_SECRET": "S"}, "client_secret", id="a secret"),
        pytest.param({"AZURE_FEDERATED_TOKEN_FILE": "TOKEN"}, "client_assertion", id="a token"),
        pytest.param({"AZURE_CLIENT_CERTIFICATE_PATH": "CERT"}, "client_assertion", id="a cert"),
        pytest.param({}, "", id="the machine"),
    ],
)
async def test_sdk(
    autojump_clock: Clock,
    pair: RsaPair,
    tmp_path: Path,
    environment: dict[str, str],
    field: str,
) -> None:
    (tmp_path / "TOKEN").write_text("J")
    cert = pair.certificate.public_bytes(Encoding.PEM).decode()
    (tmp_path / "CERT").write_text(pair.key_pem + cert)
    ids = {"AZURE_CLIENT_ID": "C", "AZURE_TENANT_ID": "other"}
    files = {
        name: str(tmp_path / value) if value.isupper() and value != "S" else value
        for name, value in environment.items()
    }
    asked = await asked_for(AzureSdk(tenant_id="T"), ids | files)
    assert field in asked.form if field else asked.url.startswith(IMDS)
    assert field == "" or asked.url.startswith("https://login.microsoftonline.com/T/")


async def test_a_refusal_does_not_repeat_the_secret(autojump_clock: Clock) -> None:
    fetch = FakeFetch(lambda asked: reply(401, b"you sent " + asked.body))
    way = AzureOAuth(**IDS, client_secret=Secret("s3 cr3t"))
    with pytest.raises(TransportError, match="no Azure token from https://login") as caught:
        await source_of(fetch, way).value()
    assert "cr3t" not in str(caught.value)
