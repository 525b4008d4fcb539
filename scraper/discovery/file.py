"""Targets from files that others write (`file_sd_configs`).

Takes paths, the last part of which may be a pattern; publishes the groups of all files.
Invariant: a file that is broken keeps the last good set that it had; one that is gone has none.
A change is noticed within POLL_S; files are read and decoded in a thread.
"""

import glob
import logging
import os
from collections.abc import Awaitable, Callable, Iterable

import attrs
import trio

from scraper.discovery import Publish
from scraper.discovery.groups import GroupsError, parse_json, parse_yaml
from scraper.settings import FileDiscovery, TargetGroup

logger = logging.getLogger("promferry.scraper")

# A stat of each file: some microseconds a second. What `refresh_interval` is for in Prometheus,
# changes that a watch misses, cannot happen here.
POLL_S = 1.0
# A file of a hundred thousand targets has some 10 MB.
MAX_FILE_BYTES = 32 * 2**20

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
        self, settings: FileDiscovery, run_sync: RunSync = trio.to_thread.run_sync
    ) -> None:
        self._patterns = settings.files
        self._run_sync = run_sync
        self._files: dict[str, _File] = {}

    @property
    def last_error(self) -> str:
        return "; ".join(file.error for file in self._files.values() if file.error)

    async def run(self, publish: Publish) -> None:
        first = True
        while True:
            if await self._poll() or first:
                publish([group for file in self._files.values() for group in file.groups])
            first = False
            await trio.sleep(POLL_S)

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
        try:
            groups = await self._run_sync(read_groups, path)
        except (GroupsError, OSError) as exc:
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


def read_groups(path: str) -> list[TargetGroup]:
    """The groups of a file, each with the file's path as a label. Raises GroupsError, OSError."""
    with open(path, "rb") as file:
        text = file.read(MAX_FILE_BYTES + 1)
    if len(text) > MAX_FILE_BYTES:
        raise GroupsError(f"larger than {MAX_FILE_BYTES} bytes")
    parse = parse_json if path.endswith(".json") else parse_yaml
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
