"""Who may ask for what: credentials of a request against what is configured.

Takes a path's area, the request's credentials and who the client is; gives a decision.
The rules are vmagent's (reference/vmagent.md 1.13): a key of its own replaces basic authentication
for its path, and probes ask nobody. What needs trust is judged by `web.policy` as well.
Invariant: a credential is compared in constant time and never shown.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping

import attrs

from web.endpoints import Area, Endpoint, area_of
from web.policy import why_not_change_state

Matches = Callable[[str], bool]
BasicCheck = Callable[[str, str], Awaitable[bool]]

_CHALLENGE = {"www-authenticate": 'Basic realm="promferry", charset="UTF-8"'}


@attrs.frozen(kw_only=True)
class Access:
    """`keys`: how to compare `?authKey=`, for the areas that have one. `basic`: None if there is
    no basic authentication; it may be slow, so it is awaited."""

    keys: Mapping[Area, Matches] = attrs.field(factory=dict)
    basic: BasicCheck | None = None


@attrs.frozen(kw_only=True)
class Asked:
    """What a request says of itself. `client` is None on a unix socket."""

    path: str
    auth_key: str
    headers: Mapping[str, str]
    client: str | None
    has_certificate: bool = False


@attrs.frozen
class Denial:
    status: int
    reason: str
    headers: Mapping[str, str] = attrs.field(factory=dict)


async def judge(access: Access, endpoint: Endpoint | None, asked: Asked) -> Denial | None:
    """Why the request is not answered; None if it is."""
    area = area_of(asked.path)
    if area is Area.OPEN:
        return None
    if area in access.keys:
        denial = _by_key(access.keys[area], asked.auth_key)
    elif access.basic is not None:
        denial = await _by_password(access.basic, asked.headers.get("authorization", ""))
    else:
        denial = None
    if denial is not None or endpoint is None or not endpoint.needs_trust:
        return denial
    has_shown = area in access.keys or access.basic is not None or asked.has_certificate
    reason = why_not_change_state(asked.client, asked.headers, has_credentials=has_shown)
    return Denial(403, reason) if reason else None


def _by_key(matches: Matches, auth_key: str) -> Denial | None:
    if not auth_key:
        return Denial(401, "this path wants ?authKey=..., as the agent's flag for it says")
    return None if matches(auth_key) else Denial(401, "the authKey is not the right one")


async def _by_password(check: BasicCheck, header: str) -> Denial | None:
    credentials = credentials_of(header)
    if credentials is None:
        return Denial(401, "this agent wants a user name and a password", _CHALLENGE)
    if await check(*credentials):
        return None
    return Denial(401, "the user name or the password is not the right one", _CHALLENGE)


def credentials_of(header: str) -> tuple[str, str] | None:
    """User name and password of an Authorization header (RFC 7617); None if it has none."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    user, colon, password = text.partition(":")
    return (user, password) if colon else None
