"""Files that hold credentials or certificates, read again when they change.

Takes paths; gives their content, from memory while the file is untouched.
Invariant: one `stat` a call, no read unless modification time, size or inode differ.
"""

import os
from collections.abc import Sequence

from transport.errors import Kind, TransportError, reason_of

Signature = tuple[int, int, int]

# A credential or a bundle of certificates; what is larger is the wrong file.
MAX_FILE_BYTES = 8 * 2**20


def signature_of(path: str) -> Signature | None:
    """What changes when the file does; None if there is no such file."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def signatures_of(paths: Sequence[str]) -> tuple[Signature | None, ...]:
    return tuple(signature_of(path) for path in paths)


def read_file(path: str, *, kind: Kind, role: str) -> bytes:
    """The whole file. Raises TransportError naming the file and its role in the configuration."""
    try:
        with open(path, "rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as exc:
        raise TransportError(kind, f"cannot read {role} {path}: {reason_of(exc)}") from exc
    if len(content) > MAX_FILE_BYTES:
        raise TransportError(kind, f"{role} {path} is larger than {MAX_FILE_BYTES} bytes")
    return content


class TextFile:
    """A text in a file, blanks around it left out, as current as the file is."""

    __slots__ = ("_path", "_role", "_signature", "_text")

    def __init__(self, path: str, role: str) -> None:
        self._path = path
        self._role = role
        self._signature: Signature | None = None
        self._text = ""

    def text(self) -> str:
        """Raises TransportError (auth) when the file cannot be read as UTF-8 text."""
        signature = signature_of(self._path)
        if signature is None or signature != self._signature:
            content = read_file(self._path, kind="auth", role=self._role)
            try:
                self._text = content.decode().strip()
            except UnicodeDecodeError as exc:
                message = f"{self._role} {self._path} is not UTF-8 text"
                raise TransportError("auth", message) from exc
            self._signature = signature
        return self._text


class Watch:
    """Remembers files that something was made from; their state is noted before they are read."""

    __slots__ = ("_signatures",)

    def __init__(self) -> None:
        self._signatures: dict[str, Signature | None] = {}

    def text(self, path: str, role: str) -> str:
        """The file's text. Raises TransportError (auth)."""
        self.note(path)
        return TextFile(path, role).text()

    def note(self, path: str) -> None:
        self._signatures[path] = signature_of(path)

    def has_changed(self) -> bool:
        return any(signature_of(path) != known for path, known in self._signatures.items())
