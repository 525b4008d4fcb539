"""OAuth 2, Amazon's signature, proxies and time-outs of a remote from flags."""

import pytest

from agent.flags.errors import FlagErrors
from agent.flags.parser import parse
from agent.flags.remotes import remotes_from_flags, unheard_flags
from transport.secret import Secret
from transport.settings import BasicAuth, HttpSettings, OAuth2, ProxySettings, SigV4

A, B = "-remoteWrite.url=http://a/w", "-remoteWrite.url=http://b/w"


def https_of(*argv: str) -> list[HttpSettings]:
    return [remote.http for remote in remotes_from_flags(parse((A, *argv), {}))]


def test_oauth2() -> None:
    (http,) = https_of(
        "-remoteWrite.oauth2.clientID=me",
        "-remoteWrite.oauth2.clientSecret=s",
        "-remoteWrite.oauth2.scopes=a;b",
        "-remoteWrite.oauth2.tokenUrl=http://t/token",
        '-remoteWrite.oauth2.endpointParams={"resource":"x"}',
    )
    assert http.oauth2 == OAuth2(
        client_id="me",
        client_secret=Secret("s"),
        scopes=("a", "b"),
        token_url="http://t/token",
        endpoint_params={"resource": "x"},
        proxy=ProxySettings(proxy_from_environment=True),
    )


def test_sigv4_by_position() -> None:
    first, second = https_of(
        B,
        "-remoteWrite.aws.useSigv4=true,false",
        "-remoteWrite.aws.region=eu-1",
        "-remoteWrite.aws.roleARN=r",
        "-remoteWrite.aws.accessKey=AK",
        "-remoteWrite.aws.secretKey=SK",
        "-remoteWrite.aws.stsEndpoint=http://sts",
    )
    assert first.sigv4 == SigV4(
        region="eu-1",
        role_arn="r",
        access_key="AK",
        secret_key=Secret("SK"),
        sts_endpoint="http://sts",
    )
    assert second.sigv4 is None


def test_another_service() -> None:
    (http,) = https_of("-remoteWrite.aws.useSigv4", "-remoteWrite.aws.service=es")
    assert http.sigv4 == SigV4(service="es")


def test_proxy_and_handshake() -> None:
    (http,) = https_of(
        "-remoteWrite.proxyURL=socks5://u:p@127.0.0.1:1", "-remoteWrite.tlsHandshakeTimeout=3s"
    )
    assert http.proxy == ProxySettings(proxy_url="socks5://u:p@127.0.0.1:1")
    assert http.tls_handshake_timeout_s == 3
    assert https_of()[0].tls_handshake_timeout_s == 20
    assert https_of("-remoteWrite.tlsHandshakeTimeout=0")[0].tls_handshake_timeout_s == float("inf")


def test_the_urls_own_credentials_give_way() -> None:
    argv = ("-remoteWrite.url=http://u:p@a/w", "-remoteWrite.aws.useSigv4")
    (remote,) = remotes_from_flags(parse(argv, {}))
    assert remote.http.basic_auth is None
    (remote,) = remotes_from_flags(parse(argv[:1], {}))
    assert remote.http.basic_auth == BasicAuth(username="u", password=Secret("p"))


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        pytest.param(("oauth2.clientID=x",), "tokenUrl: is needed for OAuth 2", id="no token URL"),
        pytest.param(
            ("oauth2.clientSecret=x", "oauth2.tokenUrl=http://t"), "clientID: is needed", id="no id"
        ),
        pytest.param(
            ("oauth2.clientID=x", "oauth2.tokenUrl=ftp://t"), "must begin with http", id="no URL"
        ),
        pytest.param(
            (
                "oauth2.clientID=x",
                "oauth2.tokenUrl=http://t",
                "oauth2.clientSecret=s3cr3t",
                "oauth2.clientSecretFile=f",
            ),
            "cannot be used together with -remoteWrite.oauth2.clientSecretFile",
            id="two secrets",
        ),
        pytest.param(
            ("oauth2.clientID=x", "oauth2.tokenUrl=http://t", "oauth2.endpointParams={s3cr3t}"),
            "is a JSON object of texts",
            id="params that are no JSON",
        ),
        pytest.param(
            ("aws.useSigv4", "aws.accessKey=AK"), "needs -remoteWrite.aws.secretKey", id="half"
        ),
        pytest.param(
            ("aws.useSigv4", "bearerToken=s3cr3t"),
            "aws.useSigv4: cannot be used together with -remoteWrite.bearerToken",
            id="two ways",
        ),
        pytest.param(
            ("basicAuth.username=x", "headers=Authorization:s3cr3t"),
            "headers: cannot be used together with -remoteWrite.basicAuth",
            id="a way and a header",
        ),
        pytest.param(("headers=X-Amz-Date:1",), "is set by the agent", id="a reserved header"),
        pytest.param(("proxyURL=ftp://p",), "must begin with http", id="a proxy of no known kind"),
    ],
)
def test_what_cannot_be(argv: tuple[str, ...], words: str) -> None:
    with pytest.raises(FlagErrors) as caught:
        https_of(*(f"-remoteWrite.{one}" for one in argv))
    text = str([str(error) for error in caught.value.errors])
    assert words in text
    assert "s3cr3t" not in text


@pytest.mark.parametrize("name", ["aws.secretKey", "oauth2.clientSecret", "proxyURL"])
def test_secrets_are_not_listed(name: str) -> None:
    values = parse((A, f"-remoteWrite.{name}=s3cr3t"), {})
    assert "s3cr3t" not in str(list(values.listing()))


def test_flags_of_identity_without_a_url_are_told() -> None:
    values = parse(("-remoteWrite.aws.useSigv4", "-remoteWrite.proxyURL=http://p"), {})
    assert len(list(unheard_flags(values))) == 2
