"""Assertions: their claims, and signatures that the public key confirms."""

import json
from base64 import urlsafe_b64decode

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from transport.errors import TransportError
from transport.jwt import assertion_claims, signed_jwt
from transport.settings import OAuth2

SETTINGS = OAuth2(client_id="me", token_url="http://auth/token")


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    ("algorithm", "digest"),
    [
        pytest.param("RS256", hashes.SHA256(), id="RS256"),
        pytest.param("RS384", hashes.SHA384(), id="RS384"),
        pytest.param("RS512", hashes.SHA512(), id="RS512"),
    ],
)
def test_signatures(key: rsa.RSAPrivateKey, algorithm: str, digest: hashes.HashAlgorithm) -> None:
    token = signed_jwt({"a": 1}, pem(key), algorithm=algorithm, key_id="k")
    header, claims, signature = token.split(".")
    assert json.loads(decoded(header)) == {"alg": algorithm, "typ": "JWT", "kid": "k"}
    assert json.loads(decoded(claims)) == {"a": 1}
    signed = f"{header}.{claims}".encode()
    key.public_key().verify(decoded(signature), signed, padding.PKCS1v15(), digest)
    assert "=" not in token


def test_claims() -> None:
    claims = assertion_claims(SETTINGS, 1000.9)
    assert claims.pop("jti") != assertion_claims(SETTINGS, 0)["jti"]
    assert claims == {
        "iss": "me",
        "sub": "me",
        "aud": "http://auth/token",
        "iat": 1000,
        "exp": 1600,
    }


def test_settings_change_claims() -> None:
    settings = OAuth2(
        client_id="me",
        token_url="http://auth/token",
        iss="i",
        audience="a",
        scopes=("x", "y"),
        claims={"sub": "other", "n": 1},
    )
    claims = assertion_claims(settings, 0)
    assert (claims["iss"], claims["aud"], claims["scope"]) == ("i", "a", "x y")
    assert (claims["sub"], claims["n"]) == ("other", 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("garbage", "not a PEM key", id="garbage"),
        pytest.param(pem(ec.generate_private_key(ec.SECP256R1())), "not an RSA key", id="another"),
    ],
)
def test_keys_of_no_use(text: str, words: str) -> None:
    with pytest.raises(TransportError, match=words) as caught:
        signed_jwt({}, text, algorithm="RS256", key_id="")
    assert caught.value.kind == "auth"
