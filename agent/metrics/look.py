"""One look at what the kernel tells in files: each is read once, however many rows want it.

Takes paths; gives texts, "" for what this machine does not have.
"""


class Look:
    """Lives as long as its snapshot."""

    __slots__ = ("_texts",)

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def text(self, path: str) -> str:
        text = self._texts.get(path)
        if text is None:
            text = self._texts[path] = _read(path)
        return text

    def stat(self) -> list[str]:
        """The fields of /proc/self/stat behind the program's name, which may hold anything."""
        return self.text("/proc/self/stat").rpartition(")")[2].split()

    def field(self, path: str, name: str) -> float | None:
        """The number behind `name:`."""
        _, found, rest = f"\n{self.text(path)}".partition(f"\n{name}:")
        return float(rest.split(None, 1)[0]) if found else None


def _read(path: str) -> str:
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
