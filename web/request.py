"""What is asked: an ASGI scope with names.

Takes a scope, and `receive` for the body; gives method, path, headers, query and client.
Invariant: nothing is decoded twice and nothing before it is asked for; the body is never held here.
Ours, for a framework's brings asyncio, http.client and 5 MiB along (docs/performance.md).
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from urllib.parse import parse_qsl

import attrs

from web.asgi import Receive, Scope


class Headers(Mapping[str, str]):
    """By names in any letter case; of one that came twice the first counts."""

    def __init__(self, raw: list[tuple[bytes, bytes]]) -> None:
        self._by_name: dict[str, str] = {}
        for name, value in raw:
            self._by_name.setdefault(name.decode("latin-1").lower(), value.decode("latin-1"))

    def __getitem__(self, name: str) -> str:
        return self._by_name[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


class Query(Mapping[str, str]):
    """The arguments behind the question mark; of one that came twice the last counts."""

    def __init__(self, text: bytes) -> None:
        self._pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True)
        self._by_name = dict(self._pairs)

    def __getitem__(self, name: str) -> str:
        return self._by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def all_of(self, name: str) -> list[str]:
        return [value for each, value in self._pairs if each == name]


@attrs.frozen
class Client:
    host: str
    port: int


async def _nothing_comes() -> dict[str, object]:
    raise RuntimeError("this request was made without its body")


class Request:
    """`path_params`: what stands in the place of the path's `{name}`."""

    def __init__(self, scope: Scope, receive: Receive = _nothing_comes) -> None:
        self.scope = scope
        self.receive = receive
        self.path_params: Mapping[str, str] = scope.get("path_params", {})

    @property
    def method(self) -> str:
        method: str = self.scope["method"]
        return method

    @property
    def path(self) -> str:
        path: str = self.scope["path"]
        return path

    @property
    def client(self) -> Client | None:
        """None on a unix socket."""
        client = self.scope.get("client")
        return Client(*client) if client else None

    @cached_property
    def headers(self) -> Headers:
        return Headers(self.scope["headers"])

    @cached_property
    def query_params(self) -> Query:
        return Query(self.scope.get("query_string", b""))
