"""Which queues of other agents were imported, how far: so that nothing is brought over twice.

Takes the agent's data path; gives and keeps Progress by the fingerprint of what was imported.
Invariant: an entry is on the disk before more is imported; a record that cannot be read counts as
none, because to send twice is better than to refuse for ever.
"""

import hashlib
import json
import os
from pathlib import Path

import attrs

FILE_NAME = "imported.json"
# A file of other content, or of thousands of imports, is none of ours.
_MAX_BYTES = 1 << 20


@attrs.frozen(kw_only=True)
class Progress:
    """`blocks` are in the queue; `when` is a text for people."""

    blocks: int = 0
    is_whole: bool = False
    when: str = ""


def fingerprint(path: Path, *more: str) -> str:
    """Of a directory's files, by name, size and first bytes; `more` is what else decides."""
    found = hashlib.sha256("\0".join(more).encode())
    for each in sorted(path.rglob("*")):
        if not each.is_file() or each.name.endswith(".lock"):
            continue
        with each.open("rb") as file:
            head = file.read(4096)
        told = f"\0{each.relative_to(path)}\0{each.stat().st_size}\0"
        found.update(told.encode("utf-8", "surrogateescape") + head)
    return found.hexdigest()[:32]


@attrs.frozen
class ImportRecord:
    """The record of one data path."""

    folder: Path

    def of(self, key: str) -> Progress | None:
        entry = self._entries().get(key)
        try:
            return Progress(**entry) if isinstance(entry, dict) else None
        except TypeError:
            return None

    def keep(self, key: str, progress: Progress) -> None:
        """Raises OSError."""
        entries = {**self._entries(), key: attrs.asdict(progress)}
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / FILE_NAME
        new = path.with_name(f".{FILE_NAME}.new")
        with new.open("w") as file:
            file.write(json.dumps(entries, indent=1))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)

    def _entries(self) -> dict[str, object]:
        try:
            with (self.folder / FILE_NAME).open("rb") as file:
                content = json.loads(file.read(_MAX_BYTES))
        except (OSError, ValueError):
            return {}
        return content if isinstance(content, dict) else {}
