"""Passwords that a flag gives as they are, or as `file:///path`, `file://./path`, `http(s)://...`.

Takes the flag's text, and what its source said at some time; gives the password that counts now.
Invariant: before the first good read nobody knows the password; after a bad one the last stays.
Never: reads anything itself (`agent.password_sources` does), shows a password.
"""

import secrets

import attrs

from transport.secret import Secret

# vmagent reads again after the same time.
REREAD_AFTER_S = 2.0


@attrs.frozen(kw_only=True)
class PasswordStatistics:
    reads: int
    failures: int
    last_error: str


class Password:
    """One password flag. `source` is empty where the flag's text is the password."""

    def __init__(self, text: str) -> None:
        is_source = text.startswith(("file://", "http://", "https://"))
        self.source = text.removeprefix("file://") if is_source else ""
        self._current = Secret(secrets.token_urlsafe(48) if is_source else text)
        self._due_s: float | None = None
        self._reads = self._failures = 0
        self._last_error = ""

    def current(self) -> Secret:
        return self._current

    def is_due(self, now_s: float) -> bool:
        """Whether the source should be read again."""
        return bool(self.source) and (self._due_s is None or now_s >= self._due_s)

    def accept(self, content: bytes, now_s: float) -> None:
        """What the source says now; the white space after it is not part of it, as in vmagent."""
        try:
            text = content.decode().rstrip()
        except UnicodeDecodeError:
            self.fail("is not UTF-8 text", now_s)
            return
        if not text:
            # An empty password would let everybody in while somebody rewrites the file.
            self.fail("is empty", now_s)
            return
        self._due_s = now_s + REREAD_AFTER_S
        self._reads += 1
        self._last_error = ""
        self._current = Secret(text)

    def fail(self, reason: str, now_s: float) -> None:
        self._due_s = now_s + REREAD_AFTER_S
        self._failures += 1
        self._last_error = reason

    def statistics(self) -> PasswordStatistics:
        return PasswordStatistics(
            reads=self._reads, failures=self._failures, last_error=self._last_error
        )
