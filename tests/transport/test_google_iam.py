"""Google's tokens: from a service account, a user's login, a machine."""

import base64
import json
from pathlib import Path

import pytest
import trio
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from tests.transport.asked import FakeFetch, reply, token
from tests.transport.rsa_keys import RsaPair, rsa_pair
from transport.errors import TransportError
from transport.google_iam import SCOPE, GoogleTokens
from transport.renewal import Renewed
from transport.settings import GoogleIam

Clock = trio.testing.MockClock

USER = {
    "type": "authorized_user",
    "client_id": "C",
    "client_secret": "s3cr3t",
    "refresh_token": "r3fresh",
}


@pytest.fixture(scope="module")
def pair() -> RsaPair:
    return rsa_pair()


def source_of(
    fetch: FakeFetch, path: str = "", environment: dict[str, str] | None = None
) -> Renewed[str]:
    settings = GoogleIam(credentials_file=path)
    environment = {"HOME": "/nowhere"} | (environment or {})
    tokens = GoogleTokens(settings, fetch, environment, lambda: 1000.5)
    return Renewed(tokens.place, tokens.lease, margin_s=300)


def _part(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_a_service_account(autojump_clock: Clock, pair: RsaPair, tmp_path: Path) -> None:
    path = tmp_path / "account.json"
    document = {
        "type": "service_account",
        "client_email": "a@b",
        "private_key": pair.key_pem,
        "private_key_id": "K",
        "token_uri": "http://127.0.0.1:6/token",
    }
    path.write_text(json.dumps(document))
    fetch = FakeFetch(lambda asked: token(expires_in=3599))
    assert await source_of(fetch, str(path)).value() == "Bearer t1"
    (asked,) = fetch.asked
    assert asked.url == "http://127.0.0.1:6/token"
    assert asked.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    head, claims, signature = asked.form["assertion"].split(".")
    assert json.loads(_part(head)) == {"alg": "RS256", "typ": "JWT", "kid": "K"}
    assert json.loads(_part(claims)) == {
        "iss": "a@b",
        "scope": SCOPE,
        "aud": "http://127.0.0.1:6/token",
        "iat": 1000,
        "exp": 4600,
    }
    signed = f"{head}.{claims}".encode()
    public = pair.key.public_key()
    public.verify(_part(signature), signed, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize(
    "place", ["settings", "GOOGLE_APPLICATION_CREDENTIALS", "CLOUDSDK_CONFIG", "HOME"]
)
async def test_a_users_login(autojump_clock: Clock, tmp_path: Path, place: str) -> None:
    path = tmp_path / ".config/gcloud/application_default_credentials.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(USER))
    value = {"CLOUDSDK_CONFIG": path.parent, "HOME": tmp_path}.get(place, path)
    environment = {} if place == "settings" else {place: str(value)}
    fetch = FakeFetch(lambda asked: token(expires_in=3599))
    source = source_of(fetch, str(path) if place == "settings" else "", environment)
    await source.value()
    (asked,) = fetch.asked
    assert asked.url == "https://oauth2.googleapis.com/token"
    assert asked.form == {
        "grant_type": "refresh_token",
        "client_id": "C",
        "client_secret": "s3cr3t",
        "refresh_token": "r3fresh",
    }


async def test_a_file_that_changes_or_comes_to_be(autojump_clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "application_default_credentials.json"
    fetch = FakeFetch(lambda asked: token(asked.form.get("refresh_token", "machine")))
    source = source_of(fetch, environment={"CLOUDSDK_CONFIG": str(tmp_path)})
    assert await source.value() == "Bearer machine"
    for text in ("r1", "r2-longer"):
        path.write_text(json.dumps(USER | {"refresh_token": text}))
        assert source.maybe_value() is None
        assert await source.value() == f"Bearer {text}"


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        pytest.param({}, "metadata.google.internal", id="Google's"),
        pytest.param({"GCE_METADATA_HOST": "127.0.0.1:7"}, "127.0.0.1:7", id="another"),
    ],
)
async def test_a_machine(autojump_clock: Clock, environment: dict[str, str], host: str) -> None:
    fetch = FakeFetch(lambda asked: token(expires_in=600))
    await source_of(fetch, environment=environment).value()
    (asked,) = fetch.asked
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    assert asked.url.partition("?")[0] == f"http://{host}{path}"
    assert asked.headers == {"metadata-flavor": "Google"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("s3cr3t", "is not JSON", id="not JSON"),
        pytest.param('["s3cr3t"]', "is not a JSON object", id="a list"),
        pytest.param('{"type": "external_account"}', "'external_account' are not", id="another"),
        pytest.param('{"type": "service_account"}', "has no client_email", id="no e-mail"),
        pytest.param(
            '{"type": "service_account", "client_email": "x", "private_key": "s3cr3t"}',
            "is not a PEM key",
            id="no key",
        ),
        pytest.param(json.dumps(USER), "token server answered 400", id="refused"),
    ],
)
async def test_what_goes_wrong(
    autojump_clock: Clock, tmp_path: Path, content: str, words: str
) -> None:
    path = tmp_path / "account.json"
    path.write_text(content)
    fetch = FakeFetch(lambda asked: reply(400, b"no: " + asked.body))
    with pytest.raises(TransportError, match=words) as caught:
        await source_of(fetch, str(path)).value()
    assert "s3cr3t" not in str(caught.value)
    assert "r3fresh" not in str(caught.value)
