"""Throw-away certificates, made by `cryptography`.

Takes a directory; gives paths of PEM files. Elliptic keys, so that all take a few milliseconds.
"""

import datetime
import ipaddress
from pathlib import Path

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID


@attrs.frozen
class Pair:
    """A certificate and its key, as files."""

    cert: Path
    key: Path


@attrs.frozen
class Certificates:
    """`server` is for localhost, target and 127.0.0.1; `other_ca` signed none of the rest.

    `nameless` has a common name only; `expired` ended yesterday; `locked_key` has a passphrase.
    """

    ca: Path
    other_ca: Path
    server: Pair
    nameless: Pair
    expired: Pair
    client: Pair
    locked_key: Path


@attrs.frozen
class _Authority:
    cert: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def make_certificates(directory: Path) -> Certificates:
    ca = _authority("promferry test CA")
    other = _authority("another CA")
    key = _new_key()
    locked = directory / "locked.key"
    passphrase = BestAvailableEncryption(b"secret")
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, passphrase))
    return Certificates(
        ca=_written(directory / "ca.pem", ca.cert),
        other_ca=_written(directory / "other-ca.pem", other.cert),
        server=_pair(directory, "server", ca, ("localhost", "target", "127.0.0.1")),
        nameless=_pair(directory, "target", ca, ()),
        expired=_pair(directory, "expired", ca, ("target",), days=-1),
        client=_pair(directory, "client", ca, ("client",)),
        locked_key=locked,
    )


def _new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: str, issuer: x509.Name, days: int) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(issuer)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=2))
        .not_valid_after(now + datetime.timedelta(days=days))
    )


_MAY_SIGN = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _authority(subject: str) -> _Authority:
    key = _new_key()
    builder = _builder(subject, _name(subject), 1).public_key(key.public_key())
    # Python 3.13 is strict by default: what RFC 5280 says that a CA must have, it must have.
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_MAY_SIGN, critical=True)
        .add_extension(identifier, critical=False)
    )
    return _Authority(builder.sign(key, hashes.SHA256()), key)


def _pair(
    directory: Path, subject: str, ca: _Authority, names: tuple[str, ...], days: int = 1
) -> Pair:
    key = _new_key()
    builder = _builder(subject, ca.cert.subject, days).public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(ca.key.public_key())
    builder = builder.add_extension(issuer, critical=False)
    if names:
        alternatives = x509.SubjectAlternativeName([_general_name(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    cert = _written(directory / f"{subject}.pem", builder.sign(ca.key, hashes.SHA256()))
    path = directory / f"{subject}.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Pair(cert, path)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _written(path: Path, cert: x509.Certificate) -> Path:
    path.write_bytes(cert.public_bytes(Encoding.PEM))
    return path
