"""A signed JSON web token (RFC 7515, RFC 7523): for the jwt-bearer grant and for the clouds.

Takes claims and an RSA key in PEM; gives the compact form.
"""

import json
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from transport.errors import TransportError, reason_of
from transport.settings import OAuth2

# As Prometheus.
LIFETIME_S = 600


def assertion_claims(settings: OAuth2, now_s: float) -> dict[str, object]:
    """The claims of Prometheus' assertion; those of the settings come last and win."""
    claims: dict[str, object] = {
        "iss": settings.iss or settings.client_id,
        "sub": settings.client_id,
        "jti": secrets.token_hex(16),
        "aud": settings.audience or settings.token_url,
        "iat": int(now_s),
        "exp": int(now_s) + LIFETIME_S,
    }
    if settings.scopes:
        claims["scope"] = " ".join(settings.scopes)
    return {**claims, **settings.claims}


def signed_jwt(
    claims: Mapping[str, object],
    key_pem: str,
    *,
    algorithm: str,
    key_id: str = "",
    header: Mapping[str, object] | None = None,
    role: str = "client_certificate_key",
) -> str:
    """Raises TransportError (auth) when the key is of no use or nobody here can sign.

    `header`: further fields of the token's head. `role`: what the key is called in messages.
    """
    head = {"alg": algorithm, "typ": "JWT", **({"kid": key_id} if key_id else {}), **(header or {})}
    signed = f"{_part(head)}.{_part(claims)}"
    return f"{signed}.{encoded(_signature(signed.encode(), key_pem, algorithm, role))}"


def _part(value: Mapping[str, object]) -> str:
    return encoded(json.dumps(value, separators=(",", ":")).encode())


def encoded(data: bytes) -> str:
    """Base 64 for URLs without padding (RFC 7515 section 2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def missing_package() -> TransportError:
    """What to say when `cryptography`, an optional dependency, is wanted and not there."""
    return TransportError("auth", "signing needs a package: pip install 'promferry[jwt]'")


def _signature(data: bytes, key_pem: str, algorithm: str, role: str) -> bytes:
    # Imported here: an optional dependency, which only few ways to authenticate need.
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as exc:
        raise missing_package() from exc
    known: dict[str, hashes.HashAlgorithm] = {
        "256": hashes.SHA256(),
        "384": hashes.SHA384(),
        "512": hashes.SHA512(),
    }
    try:
        key = load_pem_private_key(key_pem.encode(), password=None)
    except (ValueError, TypeError) as exc:
        message = f"{role} is not a PEM key without passphrase: {reason_of(exc)}"
        raise TransportError("auth", message) from exc
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TransportError("auth", f"{role} is not an RSA key")
    digest = known[algorithm[2:]]
    if algorithm.startswith("PS"):
        pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        return key.sign(data, pss, digest)
    return key.sign(data, padding.PKCS1v15(), digest)
