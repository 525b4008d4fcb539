"""What a token server answers (RFC 6749 5.1), made into the value of an Authorization header.

Takes an answer; gives a Lease of "Bearer ...".
"""

import json
from collections.abc import Mapping
from typing import Any

from transport.errors import TransportError
from transport.fetch import words_of
from transport.files import Watch
from transport.renewal import Lease
from transport.response import Response
from transport.secret import Secret

# A token is renewed so long before it expires, as Go's client does.
EXPIRY_MARGIN_S = 10.0


def lease_of(
    answer: Response,
    place: str,
    *,
    what: str = "OAuth 2 token",
    secrets: tuple[str | Secret, ...] = (),
    watch: Watch | None = None,
    wall_s: float = 0,
) -> Lease[str]:
    """Raises TransportError (auth). `secrets`: what a server may echo and a message must not.

    `wall_s`: the time of day, for answers that say when the token ends, not how long it lives.
    """
    if not 200 <= answer.status < 300:
        words = f"the token server answered {answer.status}: {words_of(answer, *secrets)}"
        raise TransportError("auth", f"no {what} from {place}: {words}")
    message = f"no {what} from {place}: its answer has no access_token"
    text, kind, lifetime_s = _parsed(answer, wall_s, message)
    # Servers write it in any case, and some resource servers know only this one.
    kind = "Bearer" if kind.lower() == "bearer" else kind
    return Lease(f"{kind} {text}", lifetime_s, watch)


def _parsed(answer: Response, wall_s: float, message: str) -> tuple[str, str, float]:
    try:
        found: Mapping[str, Any] = json.loads(answer.body)
        text, kind = str(found["access_token"]), str(found.get("token_type") or "Bearer")
        # Azure's managed identity writes the number as a text, and some of it only the end.
        lifetime_s = float(found.get("expires_in") or "inf")
        if wall_s and not found.get("expires_in") and found.get("expires_on"):
            lifetime_s = float(found["expires_on"]) - wall_s
        return text, kind, lifetime_s
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise TransportError("auth", message) from exc
