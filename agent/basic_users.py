"""Checks user names and passwords against bcrypt hashes, without holding anything up.

Takes hashes by user; gives a check. bcrypt is meant to be slow (50 ms at cost 10): it runs in a
thread, one check at a time, so that whoever guesses passwords gets one processor at most.
Invariant: what is remembered of good passwords is a keyed digest, bounded, and forgotten with the
hash. An unknown user takes as long as a known one.
"""

import hashlib
import secrets
from collections.abc import Callable, Mapping

import trio

from web.run_sync import RunSync

# Prometheus' exporter-toolkit remembers as many.
MAX_REMEMBERED = 100
MAX_PASSWORD_BYTES = 1024
# Of nothing that anybody knows; cost 10, as htpasswd -nB -C 10 makes them.
_NOBODY = "$2b$10$xP9.2T73kntxTtygFcPXaOQkGBntFyyVJlzGvBTZsSYqXZehTkB/O"


class BasicUsers:
    """`users` gives the hashes that count now."""

    def __init__(self, users: Callable[[], Mapping[str, str]], run_sync: RunSync) -> None:
        self._users = users
        self._run_sync = run_sync
        self._key = secrets.token_bytes(32)
        self._known: dict[bytes, None] = {}
        self._checking = trio.Lock()

    async def check(self, user: str, password: str) -> bool:
        hashed = self._users().get(user, _NOBODY)
        secret = password.encode("utf-8", "replace")
        if len(secret) > MAX_PASSWORD_BYTES:
            return False
        digest = hashlib.blake2b(f"{user}\0{hashed}\0".encode() + secret, key=self._key).digest()
        # Fast path: it was right a moment ago.
        if digest in self._known:
            return True
        async with self._checking:
            is_right = await self._run_sync(lambda: _is_right(secret, hashed))
        if is_right and user in self._users():
            self._remember(digest)
            return True
        return False

    def _remember(self, digest: bytes) -> None:
        if len(self._known) >= MAX_REMEMBERED:
            del self._known[next(iter(self._known))]
        self._known[digest] = None


def _is_right(secret: bytes, hashed: str) -> bool:
    import bcrypt  # late: only who names users in a web configuration pays

    try:
        # bcrypt looks at 72 bytes, and as from version 5 refuses more; others cut there.
        return bcrypt.checkpw(secret[:72], hashed.encode())
    except ValueError:
        return False
