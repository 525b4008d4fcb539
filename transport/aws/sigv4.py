"""Amazon's Signature Version 4: pure, from a request and a time to the headers that sign it.

Takes method, target, headers, the body's hash, credentials, scope, time; gives header lines.
Source: the AWS General Reference, "Signature Version 4 signing process"; vectors in
tests/transport/data/sigv4.
Invariant: what is signed is what goes to the wire; header names in the canonical form are in
lower case, sorted, their values trimmed.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import quote, unquote_to_bytes

import attrs

from transport.secret import Secret

ALGORITHM = "AWS4-HMAC-SHA256"
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

_UNRESERVED = "-_.~"  # beside letters and digits (RFC 3986 2.3)
_BLANKS = re.compile(r"\s+")

Rows = Sequence[tuple[str, str]]


@attrs.frozen
class Credentials:
    access_key: str
    secret_key: Secret
    session_token: Secret = Secret("")


@attrs.frozen
class Scope:
    """What a signature is good for, besides the day."""

    region: str
    service: str

    def on(self, day: str) -> str:
        return f"{day}/{self.region}/{self.service}/aws4_request"


def hash_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest() if body else EMPTY_HASH


def signed_headers(
    method: str,
    target: str,
    headers: Rows,
    body_hash: str,
    credentials: Credentials,
    scope: Scope,
    now: datetime,
    *,
    shows_hash: bool = True,
    signs_token: bool = True,
    normalizes: bool = True,
) -> list[tuple[str, str]]:
    """What to send besides `headers` (all of which are signed, `Host` must be among them).

    `shows_hash`: with X-Amz-Content-Sha256. `signs_token`: the session token is part of what is
    signed; some services want it only sent. `normalizes`: `..` and `//` of the path are resolved,
    as all services but S3 do.
    """
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    added = [("X-Amz-Date", stamp)]
    if shows_hash:
        added.append(("X-Amz-Content-Sha256", body_hash))
    token = [("X-Amz-Security-Token", credentials.session_token.reveal())]
    if credentials.session_token and signs_token:
        added += token
    canonical, names = canonical_request(
        method, target, (*headers, *added), body_hash, normalizes=normalizes
    )
    day = stamp[:8]
    text = string_to_sign(canonical, stamp, scope.on(day))
    key = signing_key(credentials.secret_key.reveal(), day, scope)
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    who = f"Credential={credentials.access_key}/{scope.on(day)}"
    value = f"{ALGORITHM} {who}, SignedHeaders={names}, Signature={signature}"
    if credentials.session_token and not signs_token:
        added += token
    return [*added, ("Authorization", value)]


def canonical_request(
    method: str, target: str, headers: Rows, body_hash: str, *, normalizes: bool = True
) -> tuple[str, str]:
    """The canonical request, and the names of the signed headers."""
    path, _, query = target.partition("?")
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(_BLANKS.sub(" ", value.strip()))
    names = ";".join(sorted(values))
    lines = "".join(f"{name}:{','.join(values[name])}\n" for name in sorted(values))
    parts = (method, _path(path, normalizes), _query(query), lines, names, body_hash)
    return "\n".join(parts), names


def string_to_sign(canonical: str, stamp: str, scope: str) -> str:
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    return f"{ALGORITHM}\n{stamp}\n{scope}\n{digest}"


def signing_key(secret: str, day: str, scope: Scope) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in (day, scope.region, scope.service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def _path(path: str, normalizes: bool) -> str:
    """The path as it stands in the request line, escaped once more."""
    if normalizes:
        path = _normalized(path)
    return quote(path or "/", safe=f"/{_UNRESERVED}")


def _normalized(path: str) -> str:
    """RFC 3986 5.2.4, and empty segments left out."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    is_directory = path.endswith(("/", "/.", "/.."))
    return "/" + "/".join(segments) + ("/" if segments and is_directory else "")


def _query(query: str) -> str:
    pairs = (part.partition("=") for part in query.split("&") if part)
    return "&".join(_sorted((_escaped(name), _escaped(value)) for name, _, value in pairs))


def _sorted(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"{name}={value}" for name, value in sorted(pairs)]


def _escaped(text: str) -> str:
    return quote(unquote_to_bytes(text), safe=_UNRESERVED)
