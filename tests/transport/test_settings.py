"""Settings can be printed: no secret is in their text."""

from transport.aws.account import Account
from transport.aws.found import Found
from transport.aws.sigv4 import Credentials
from transport.renewal import Lease
from transport.secret import Secret
from transport.settings import (
    Authorization,
    AzureAD,
    AzureCertificate,
    AzureOAuth,
    BasicAuth,
    HeaderValues,
    HttpSettings,
    OAuth2,
    ProxySettings,
    SigV4,
    TlsSettings,
)
from transport.tls import TlsContexts

PLANTED = Secret("planted")
PROXY = ProxySettings(proxy_url="http://u:planted@proxy:1/", proxy_connect_header={"A": (PLANTED,)})
HTTP = HttpSettings(
    basic_auth=BasicAuth(password=PLANTED),
    authorization=Authorization(credentials=PLANTED),
    oauth2=OAuth2(
        client_id="c",
        token_url="https://u:planted@t/x?y=planted",
        client_secret=PLANTED,
        client_certificate_key=PLANTED,
        endpoint_params={"password": "planted"},
        proxy=PROXY,
    ),
    sigv4=SigV4(secret_key=PLANTED),
    azuread=AzureAD(way=AzureOAuth(client_secret=PLANTED)),
    tls=TlsSettings(key=PLANTED),
    proxy=PROXY,
    headers={"X": HeaderValues(secrets=(PLANTED,))},
)


def test_no_repr_shows_a_secret() -> None:
    credentials = Credentials("AK", PLANTED, PLANTED)
    shown = [
        HTTP,
        AzureCertificate(certificate_password=PLANTED),
        Account(credentials, "eu-1"),
        Found(credentials),
        Lease("planted"),
    ]
    text = "".join(f"{one!r} {one}" for one in shown)
    assert "planted" not in text
    assert "http://proxy:1/" in text
    assert "https://t/x" in text


def test_sources_show_nothing() -> None:
    contexts = TlsContexts()
    contexts.sources.environment = {"AWS_SECRET_ACCESS_KEY": "planted"}
    assert HTTP.oauth2 is not None
    contexts.sources.oauth2(HTTP.oauth2)
    assert "planted" not in repr(contexts.sources)
