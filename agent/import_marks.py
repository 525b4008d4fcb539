"""What was imported from another agent's queue, so that nobody sends it twice by mistake.

Takes our data path, the other's directory and a remote's key; keeps a small file for each import.
Invariant: a mark holds only while the directory is as it was; a lost mark loses nothing.
"""

import hashlib
import json
import os
from pathlib import Path
from urllib.parse import quote

import attrs

FOLDER = "imported"


@attrs.frozen
class Mark:
    """`when`: as it is shown; `state`: of the directory and what was asked of it (`state_of`).

    `blocks` are in our queue already; not all where an import was cut off (`is_whole`).
    """

    source: str
    remote: str
    when: str
    samples: int
    state: str
    blocks: int = 0
    is_whole: bool = True


def state_of(source: Path) -> str:
    """Changes when files below come, go or grow. Empty if it cannot be read."""
    digest = hashlib.sha256()
    for folder, folders, names in os.walk(source):
        folders.sort()
        for name in sorted(names):
            if name in ("lock", "flock.lock"):
                continue
            try:
                size = os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                return ""
            digest.update(f"{folder}/{name} {size}\n".encode(errors="surrogateescape"))
    return digest.hexdigest()


def write_mark(data_path: Path, mark: Mark) -> None:
    """Raises OSError."""
    folder = data_path / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    place = _place(folder, mark.source, mark.remote)
    new = place.with_name(f".{place.name}.new")
    with new.open("w") as file:
        file.write(json.dumps(attrs.asdict(mark)))
        file.flush()
        os.fsync(file.fileno())
    new.replace(place)


def read_marks(data_path: Path, source: Path) -> list[Mark]:
    """Imports of this directory as it is now. Never raises: what cannot be read is not there."""
    try:
        places = [p for p in (data_path / FOLDER).iterdir() if not p.name.startswith(".")]
    except OSError:
        return []
    found = [mark for mark in map(_read, places) if mark and mark.source == str(source)]
    state = state_of(source) if found else ""
    return [mark for mark in found if mark.state == state]


def _read(place: Path) -> Mark | None:
    try:
        return Mark(**json.loads(place.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _place(folder: Path, source: str, remote: str) -> Path:
    # Both may be long; names of files are not.
    digest = hashlib.sha256(source.encode(errors="surrogateescape")).hexdigest()
    return folder / f"{digest[:16]}-{quote(remote, safe='')[:200]}"
