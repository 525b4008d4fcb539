"""Asks a running agent, for the commands that look into one.

Takes its address (a URL, or unix:/path) and credentials from files; gives answers.
Never: shows a credential in an error.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import attrs

if TYPE_CHECKING:
    import httpx

DEFAULT_URL = "http://127.0.0.1:8429"
_TIMEOUT_S = 30.0
# Of a whole answer, which a slow or hostile one could spin out for ever. 10 000 targets are 10 MB.
_MOST_S = 120.0
_MAX_ANSWER_BYTES = 128 * 2**20

# How each command lists these options.
HELP = """\
  -url           the agent's address, or unix:/path; default http://127.0.0.1:8429
  -user          the name, where -httpAuth.username asks for one
  -passwordFile  a file with its password
  -authKeyFile   a file with the key, where -configAuthKey and its kin ask for one
  -insecure      do not verify the agent's certificate
"""

# Option and field.
OPTIONS = {
    "url": "url",
    "user": "user",
    "passwordFile": "password_file",
    "authKeyFile": "auth_key_file",
}


class AskError(Exception):
    """Why there is no answer; one readable line."""


@attrs.frozen(kw_only=True)
class Whom:
    """Which agent, and as whom it is asked."""

    url: str = DEFAULT_URL
    user: str = ""
    password_file: str = ""
    auth_key_file: str = ""
    verifies: bool = True

    @classmethod
    def of(cls, texts: Mapping[str, str], *, is_insecure: bool) -> "Whom":
        """From options, by the names that they have on a command line."""
        given: dict[str, Any] = {OPTIONS[name]: texts[name] for name in OPTIONS if name in texts}
        return cls(**given, verifies=not is_insecure)

    @property
    def shown(self) -> str:
        """The address without what may be secret in it."""
        if self.url.startswith("unix:"):
            return self.url
        parts = urlsplit(self.url)
        if not parts.netloc:
            return self.url.rpartition("@")[2]
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


class RunningAgent:
    """A connection; use it as a context. Raises AskError if it cannot even be tried."""

    def __init__(self, whom: Whom) -> None:
        import httpx  # late: only these commands need it

        self._whom = whom
        self._httpx = httpx
        is_unix = whom.url.startswith("unix:")
        if is_unix and not Path(whom.url.removeprefix("unix:")).is_socket():
            raise AskError(f"{whom.url}: there is no such socket")
        transport = (
            httpx.HTTPTransport(uds=whom.url.removeprefix("unix:"))
            if is_unix
            else httpx.HTTPTransport(verify=whom.verifies)
        )
        password = _secret_of(whom.password_file)
        self._key = _secret_of(whom.auth_key_file)
        self._client = httpx.Client(
            base_url="http://localhost" if is_unix else whom.url.rstrip("/"),
            transport=transport,
            timeout=_TIMEOUT_S,
            auth=(whom.user, password) if whom.user else None,
            trust_env=False,
        )

    def __enter__(self) -> "RunningAgent":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, arguments: Mapping[str, str] | None = None) -> "httpx.Response":
        """Whatever it answers. Raises AskError if it does not."""
        try:
            with self._client.stream("GET", self._url(path, arguments or {})) as answer:
                content = self._content(answer)
        except self._httpx.HTTPError as exc:
            raise AskError(f"{self._whom.shown}: {_unreached(exc)}") from exc
        kind = {"content-type": answer.headers.get("content-type", "")}
        return self._httpx.Response(answer.status_code, headers=kind, content=content)

    def _content(self, answer: "httpx.Response") -> bytes:
        ends_at, content = time.monotonic() + _MOST_S, bytearray()
        for chunk in answer.iter_bytes():
            content += chunk
            if len(content) > _MAX_ANSWER_BYTES:
                raise AskError(f"{self._whom.shown}: more than {_MAX_ANSWER_BYTES} bytes")
            if time.monotonic() > ends_at:
                raise AskError(f"{self._whom.shown}: no whole answer within {_MOST_S:g} s")
        return bytes(content)

    @contextmanager
    def stream(
        self, path: str, arguments: Mapping[str, str] | None = None
    ) -> "Iterator[httpx.Response]":
        """An answer that may never end. Raises AskError."""
        url = self._url(path, arguments or {})
        timeout = self._httpx.Timeout(_TIMEOUT_S, read=None)
        try:
            with self._client.stream("GET", url, timeout=timeout) as answer:
                yield answer
        except self._httpx.HTTPError as exc:
            raise AskError(f"{self._whom.shown}: {_unreached(exc)}") from exc

    def data(self, path: str, arguments: Mapping[str, str] | None = None) -> Any:
        """`data` of an answer of the API. Raises AskError with its own words if it is none."""
        answer = self.get(path, arguments)
        try:
            document = answer.json()
            if document["status"] == "success":
                return document["data"]
            words = str(document["error"])
        except (ValueError, KeyError, TypeError, RecursionError):
            words = _meaning(answer.status_code)
        raise AskError(f"{self._whom.shown}{path}: {words[:500]}")

    def _url(self, path: str, arguments: Mapping[str, str]) -> "httpx.URL":
        keys = {"authKey": self._key} if self._key else {}
        base = self._client.base_url
        url = base.copy_with(raw_path=base.raw_path.rstrip(b"/") + path.encode())
        return url.copy_merge_params({**arguments, **keys})


def _unreached(exc: Exception) -> str:
    """In words that say what to do; httpx has its own for all else."""
    name = type(exc).__name__
    if name == "ConnectError":
        return f"nobody answers there: {exc}"
    if name in ("UnsupportedProtocol", "LocalProtocolError"):
        return "write the address as http://host:port"
    return f"{name}: {exc}"


def _meaning(status: int) -> str:
    if status == 401:
        return "it asks for a name and a password: -user and -passwordFile"
    if status == 403:
        return "it answers this only to clients on its own host, or with credentials"
    if status == 404:
        return "there is no such page: is a promferry agent there, and is it recent?"
    return f"HTTP status {status}"


def _secret_of(path: str) -> str:
    if not path:
        return ""
    try:
        return Path(path).read_text().rstrip()
    except (OSError, UnicodeDecodeError) as exc:
        raise AskError(f"{path} cannot be read") from exc
