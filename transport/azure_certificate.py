"""A client's certificate for Entra ID: PEM with its key in it or beside it, or PKCS 12.

Takes `AzureCertificate`; gives the key in PEM and what the JWT's head says of the certificate.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from transport.errors import TransportError, reason_of
from transport.files import Watch, read_file
from transport.jwt import encoded, missing_package
from transport.secret import Secret
from transport.settings import AzureCertificate

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa


@attrs.frozen
class Loaded:
    key_pem: Secret
    header: Mapping[str, object]


def load(way: AzureCertificate, watch: Watch) -> Loaded:
    """Raises TransportError (auth)."""
    try:
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )
    except ImportError as exc:
        raise missing_package() from exc
    data = _read(way.certificate_file, "the certificate file", watch)
    key_data = data
    if way.certificate_key_file:
        key_data = _read(way.certificate_key_file, "the certificate key file", watch)
    password = way.certificate_password.reveal().encode() or None
    try:
        key, chain = _parsed(data, key_data, password)
    except (ValueError, TypeError) as exc:
        where = way.certificate_key_file or way.certificate_file
        message = (
            f"{way.certificate_file} and the key in {where} are not a PEM or PKCS 12"
            f" certificate with its RSA key: {reason_of(exc)}"
        )
        raise TransportError("auth", message) from exc
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    ders = [one.public_bytes(Encoding.DER) for one in chain]
    header: dict[str, object] = {"x5t#S256": encoded(hashlib.sha256(ders[0]).digest())}
    if way.send_certificate_chain:
        header["x5c"] = [base64.b64encode(der).decode() for der in ders]
    return Loaded(Secret(pem), header)


def _read(path: str, role: str, watch: Watch) -> bytes:
    watch.note(path)
    return read_file(path, kind="auth", role=role)


def _parsed(
    data: bytes, key_data: bytes, password: bytes | None
) -> "tuple[rsa.RSAPrivateKey, list[x509.Certificate]]":
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs12

    if b"-----BEGIN" in data:
        key = load_pem_private_key(key_data, password)
        chain = x509.load_pem_x509_certificates(data)
    else:
        found, certificate, others = pkcs12.load_key_and_certificates(data, password)
        if found is None or certificate is None:
            raise ValueError("it lacks a key or a certificate")
        key, chain = found, [certificate, *others]
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("the key is not an RSA key")
    return key, chain
