"""The headers that say who we are: Authorization and what the configuration adds.

Takes `HttpSettings`; gives encoded header lines.
Invariant: what comes from a file is as current as the file; a line never holds CR or LF.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Sequence

from transport.errors import TransportError, shown
from transport.files import TextFile
from transport.settings import Authorization, BasicAuth, HeaderValues, HttpSettings

# Gives a header's value (or a part of one), as current as its source.
Text = Callable[[], str]


# RFC 9110 5.6.2 and 5.5: a name is a token; a value has no control character but the tab.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


def header_line(name: str, value: str) -> bytes:
    """One encoded header line. Raises TransportError (protocol) if it would not be one line.

    The value is not shown: it may be a secret.
    """
    if not _TOKEN.fullmatch(name):
        raise TransportError("protocol", f"{shown(name)} is not the name of a header")
    if _CONTROL.search(value):
        raise TransportError("protocol", f"the value of header {name} has control characters")
    return f"{name}: {value}\r\n".encode()


def text_of(text: str, path: str, role: str) -> Text:
    """The text itself or, if a path is given, the current content of its file."""
    if path:
        return TextFile(path, role).text
    return lambda: text


def basic_value(username: str, password: str) -> str:
    """The value of a Basic credential (RFC 7617, UTF-8)."""
    return "Basic " + b64encode(f"{username}:{password}".encode()).decode()


def basic_text(settings: BasicAuth) -> Text:
    username = text_of(settings.username, settings.username_file, "the username file")
    password = text_of(settings.password.reveal(), settings.password_file, "the password file")
    return lambda: basic_value(username(), password())


def authorization_text(settings: Authorization) -> Text:
    credentials = text_of(
        settings.credentials.reveal(), settings.credentials_file, "the credentials file"
    )
    return lambda: f"{settings.type} {credentials()}"


class Identity:
    """Header lines of one client: `lines()` is called for each request.

    `username` and `password`, the URL's own, serve where the settings have no authentication.
    """

    __slots__ = ("_is_constant", "_lines", "_sources")

    def __init__(self, settings: HttpSettings, username: str = "", password: str = "") -> None:
        self._sources = list(_sources(settings, username, password))
        self._is_constant = not _reads_files(settings)
        self._lines: bytes | None = None

    def lines(self) -> bytes:
        """Raises TransportError (auth) when a file cannot be read."""
        # Fast path: nothing is read from files, so the lines never change.
        if self._lines is not None:
            return self._lines
        lines = b"".join([header_line(name, text()) for name, text in self._sources])
        if self._is_constant:
            self._lines = lines
        return lines


def _sources(settings: HttpSettings, username: str, password: str) -> Sequence[tuple[str, Text]]:
    sources: list[tuple[str, Text]] = []
    if settings.basic_auth is not None:
        sources.append(("Authorization", basic_text(settings.basic_auth)))
    elif settings.authorization is not None:
        sources.append(("Authorization", authorization_text(settings.authorization)))
    elif (username or password) and not _has_proof(settings):
        value = basic_value(username, password)
        sources.append(("Authorization", lambda: value))
    for name, values in settings.headers.items():
        sources += [(name, text) for text in _header_texts(name, values)]
    return sources


def _header_texts(name: str, values: HeaderValues) -> list[Text]:
    plain = [*values.values, *(secret.reveal() for secret in values.secrets)]
    role = f"the file of header {name}"
    return [text_of(text, "", role) for text in plain] + [
        text_of("", path, role) for path in values.files
    ]


def _has_proof(settings: HttpSettings) -> bool:
    """Authorization comes from elsewhere: transport.proof."""
    return bool(settings.oauth2 or settings.sigv4 or settings.azuread or settings.google_iam)


def _reads_files(settings: HttpSettings) -> bool:
    basic, authorization = settings.basic_auth, settings.authorization
    return bool(
        (basic is not None and (basic.username_file or basic.password_file))
        or (authorization is not None and authorization.credentials_file)
        or any(values.files for values in settings.headers.values())
    )
