"""Real faults of a disk for a real program: errors of its system calls, while a file says so.

Takes a directory; gives the environment that makes calls below it fail on demand. The library is
`faulty_disk.c`, built by the C compiler at hand.
"""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_suffix(".c")
_COMPILERS = ("cc", "gcc", "clang")


def compiler() -> str:
    """Skips the test where there is none, and never in CI."""
    found = next(filter(None, map(shutil.which, _COMPILERS)), None)
    if found is None:
        reason = f"no C compiler to build {_SOURCE.name} with"
        if os.environ.get("PROMFERRY_CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


class FaultyDisk:
    """Everything below `below`; healthy at first."""

    def __init__(self, below: Path, scratch: Path) -> None:
        library = scratch / "faulty_disk.so"
        self._control = scratch / "faults"
        self._control.write_text("")
        build = [compiler(), "-shared", "-fPIC", "-O1", "-o", str(library), str(_SOURCE), "-ldl"]
        subprocess.run(build, check=True)
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAULTY_PREFIX": str(below),
            "FAULTY_CONTROL": str(self._control),
        }

    @contextmanager
    def failing(self, **faults: str) -> Iterator[None]:
        """`fsync="EIO"`: for as long as the block lasts."""
        with self._saying(f"{call} {getattr(errno, name)}\n" for call, name in faults.items()):
            yield

    @contextmanager
    def slow(self, seconds: int) -> Iterator[None]:
        """Each sync takes so many seconds more."""
        with self._saying([f"slow {seconds}\n"]):
            yield

    @contextmanager
    def _saying(self, lines: Iterable[str]) -> Iterator[None]:
        self._set("".join(lines))
        try:
            yield
        finally:
            self._set("")

    def _set(self, text: str) -> None:
        # At once: the program must not see half of it.
        new = self._control.with_suffix(".new")
        new.write_text(text)
        new.replace(self._control)
