"""Throw-away certificates, made by openssl as an operator would make them.

Takes a directory; gives paths of PEM files: a CA, a server's and a client's certificate signed by
it, and a CA that signed neither. Elliptic keys, so that making them all takes a few milliseconds.
"""

import subprocess
from pathlib import Path

import attrs

_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@attrs.frozen
class Pair:
    """A certificate and its private key."""

    cert: Path
    key: Path


@attrs.frozen
class Certificates:
    """`other_ca` is a valid CA that has nothing to do with the rest."""

    ca: Pair
    server: Pair
    client: Pair
    other_ca: Pair


def make_certificates(directory: Path) -> Certificates:
    """All of them, valid for a day; the server's for localhost and 127.0.0.1."""
    directory.mkdir(parents=True, exist_ok=True)
    ca = _self_signed(directory, "ca")
    return Certificates(
        ca=ca,
        server=_signed(directory, "server", ca, "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        client=_signed(directory, "client", ca, "extendedKeyUsage=clientAuth"),
        other_ca=_self_signed(directory, "other-ca"),
    )


def _self_signed(directory: Path, name: str) -> Pair:
    pair = Pair(directory / f"{name}.pem", directory / f"{name}.key")
    _openssl(
        ("req", "-x509", *_NEW_KEY, "-days", "1", "-subj", f"/CN=promferry test {name}"),
        ("-addext", "keyUsage=critical,keyCertSign", "-keyout", pair.key, "-out", pair.cert),
    )
    return pair


def _signed(directory: Path, name: str, ca: Pair, extension: str) -> Pair:
    pair = Pair(directory / f"{name}.pem", directory / f"{name}.key")
    request, extensions = directory / f"{name}.csr", directory / f"{name}.ext"
    extensions.write_text(f"basicConstraints=CA:FALSE\n{extension}\n")
    _openssl(
        ("req", *_NEW_KEY, "-subj", f"/CN=promferry test {name}"),
        ("-keyout", pair.key, "-out", request),
    )
    _openssl(
        ("x509", "-req", "-in", request, "-CA", ca.cert, "-CAkey", ca.key, "-CAcreateserial"),
        ("-days", "1", "-extfile", extensions, "-out", pair.cert),
    )
    return pair


def _openssl(*groups: tuple[str | Path, ...]) -> None:
    argv = ["openssl", *(str(word) for group in groups for word in group)]
    subprocess.run(argv, check=True, capture_output=True)
