"""A signed JSON web token, for the jwt-bearer grant (RFC 7523, RFC 7515, RS256 and its kin).

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


def signed_jwt(claims: Mapping[str, object], key_pem: str, *, algorithm: str, key_id: str) -> str:
    """Raises TransportError (auth) when the key is of no use or nobody here can sign."""
    header = {"alg": algorithm, "typ": "JWT", **({"kid": key_id} if key_id else {})}
    signed = f"{_part(header)}.{_part(claims)}"
    return f"{signed}.{_encoded(_signature(signed.encode(), key_pem, algorithm))}"


def _part(value: Mapping[str, object]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _signature(data: bytes, key_pem: str, algorithm: str) -> bytes:
    # Imported here: an optional dependency, which only this grant needs.
    try:
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError as exc:
        message = "the jwt-bearer grant needs a package: pip install 'promferry[jwt]'"
        raise TransportError("auth", message) from exc
    known: dict[str, hashes.HashAlgorithm] = {
        "RS256": hashes.SHA256(),
        "RS384": hashes.SHA384(),
        "RS512": hashes.SHA512(),
    }
    try:
        key = load_pem_private_key(key_pem.encode(), password=None)
    except (ValueError, TypeError) as exc:
        message = f"client_certificate_key is not a PEM key without passphrase: {reason_of(exc)}"
        raise TransportError("auth", message) from exc
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TransportError("auth", "client_certificate_key is not an RSA key")
    return key.sign(data, padding.PKCS1v15(), known[algorithm])
