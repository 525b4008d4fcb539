"""Targets from files that others write (`file_sd_configs`).

Takes paths, the last part of which may be a pattern, and URLs; publishes the groups of all.
Invariant: a file that is broken keeps the last good set that it had; one that is gone has none.
A change is noticed within POLL_S, behind a URL within the refresh interval; files are read and
decoded in a thread. `%{VAR}` is filled from the environment, as in vmagent.
"""

import glob
import logging
import os
from collections.abc import Awaitable, Callable, Iterable

import attrs
import trio

from scraper.discovery import ClientOf, Publish
from scraper.discovery.groups import GroupsError, parse_json, parse_yaml
from scraper.placeholders import ExpansionError, expand
from scraper.settings import FileDiscovery, TargetGroup
from transport.client import Client
from transport.errors import TransportError
from transport.settings import BasicAuth, HttpSettings
from transport.userinfo import split_userinfo

logger = logging.getLogger("promferry.scraper")

# A stat of each file: some microseconds a second. What `refresh_interval` is for in Prometheus,
# changes that a watch misses, cannot happen here.
POLL_S = 1.0
# A file of a hundred thousand targets has some 10 MB.
MAX_FILE_BYTES = 32 * 2**20
# Of URLs. Prometheus' default for files, which has none of these, is 5 minutes, vmagent's a minute.
DEFAULT_INTERVAL_S = 60.0
URL_TIMEOUT_S = 30.0

FILEPATH_LABEL = "__meta_filepath"

RunSync = Callable[[Callable[[str], list[TargetGroup]], str], Awaitable[list[TargetGroup]]]
Signature = tuple[int, int, int]


@attrs.define
class _File:
    """What is known of one file: `signature` of the state that was read last, good or not."""

    signature: Signature | None = None
    groups: list[TargetGroup] = attrs.field(factory=list)
    error: str = ""


class Files:
    """One `file_sd_configs` entry. `run_sync`: how to run a blocking function (a thread)."""

    def __init__(
        self,
        settings: FileDiscovery,
        run_sync: RunSync = trio.to_thread.run_sync,
        *,
        client_of: ClientOf | None = None,
    ) -> None:
        self._patterns = [path for path in settings.files if "://" not in path]
        self._interval_s = settings.refresh_interval_s or DEFAULT_INTERVAL_S
        self._run_sync = run_sync
        self._files: dict[str, _File] = {}
        self._pages: dict[str, _File] = {}
        self._userinfo: dict[str, BasicAuth | None] = {}
        for path in settings.files:
            if "://" in path:
                # The rest is shown: in logs, and as a label.
                url, userinfo = split_userinfo(path)
                self._userinfo[url] = userinfo
                self._pages[url] = _File()
        self._client_of = client_of
        self._unread = set(self._pages)

    @property
    def last_error(self) -> str:
        return "; ".join(file.error for file in self._all() if file.error)

    async def run(self, publish: Publish) -> None:
        async with trio.open_nursery() as nursery:
            for url, page in self._pages.items():
                nursery.start_soon(self._follow_url, url, page, publish)
            first = True
            while True:
                if await self._poll() or first:
                    self._publish(publish)
                first = False
                await trio.sleep(POLL_S)

    def _all(self) -> list[_File]:
        return [*self._files.values(), *self._pages.values()]

    def _publish(self, publish: Publish) -> None:
        # The first set is a full one.
        if not self._unread:
            publish([group for file in self._all() for group in file.groups])

    async def _follow_url(self, url: str, page: _File, publish: Publish) -> None:
        assert self._client_of is not None
        client = self._client_of(url, HttpSettings(basic_auth=self._userinfo[url]))
        try:
            while True:
                changed = await self._note(url, page, _fetch_groups(client, url))
                if changed or url in self._unread:
                    self._unread.discard(url)
                    self._publish(publish)
                await trio.sleep(self._interval_s)
        finally:
            with trio.CancelScope(shield=True):
                await client.aclose()

    async def _poll(self) -> bool:
        """Read what has changed; tell whether any groups did."""
        signatures = dict(_signatures(self._patterns))
        before = self._files
        changed = any(path not in signatures for path in before)
        self._files = {path: before.get(path) or _File() for path in signatures}
        for path, file in self._files.items():
            if file.signature != signatures[path]:
                file.signature = signatures[path]
                changed = await self._read(path, file) or changed
        return changed

    async def _read(self, path: str, file: _File) -> bool:
        return await self._note(path, file, self._run_sync(read_groups, path))

    async def _note(self, path: str, file: _File, reading: Awaitable[list[TargetGroup]]) -> bool:
        """Take over what is read; tell whether the groups changed."""
        try:
            groups = await reading
        except (GroupsError, OSError, TransportError) as exc:
            error = f"{path}: {exc}"
            if error != file.error:
                logger.error("targets file %s; its last good targets stay", error)
            file.error = error
            return False
        if file.error:
            logger.info("targets file %s is good again", path)
        changed = groups != file.groups
        file.groups, file.error = groups, ""
        return changed


async def _fetch_groups(client: Client, url: str) -> list[TargetGroup]:
    """Raises TransportError and GroupsError."""
    response = await client.request("GET", timeout_s=URL_TIMEOUT_S, max_body_bytes=MAX_FILE_BYTES)
    if response.status != 200:
        raise GroupsError(f"server returned HTTP status {response.status}")
    return decode_groups(response.body, url)


def read_groups(path: str) -> list[TargetGroup]:
    """The groups of a file, each with the file's path as a label. Raises GroupsError, OSError."""
    with open(path, "rb") as file:
        text = file.read(MAX_FILE_BYTES + 1)
    if len(text) > MAX_FILE_BYTES:
        raise GroupsError(f"larger than {MAX_FILE_BYTES} bytes")
    return decode_groups(text, path)


def decode_groups(text: bytes, path: str) -> list[TargetGroup]:
    """Raises GroupsError."""
    if b"%{" in text:
        # Bytes that are no UTF-8 pass as they are, for the parser to complain of.
        written = text.decode("utf-8", "surrogateescape")
        try:
            filled = expand(written, os.environ, MAX_FILE_BYTES)
        except ExpansionError as exc:
            raise GroupsError(str(exc)) from exc
        text = filled.encode("utf-8", "surrogateescape")
    parse = parse_json if path.partition("?")[0].endswith(".json") else parse_yaml
    groups = parse(text, path)
    return [attrs.evolve(group, labels={**group.labels, FILEPATH_LABEL: path}) for group in groups]


def _signatures(patterns: Iterable[str]) -> Iterable[tuple[str, Signature]]:
    for pattern in patterns:
        for path in sorted(glob.glob(pattern)) if glob.has_magic(pattern) else (pattern,):
            try:
                stat = os.stat(path)
            except OSError:
                continue  # it is gone, or not there yet
            yield path, (stat.st_mtime_ns, stat.st_size, stat.st_ino)
