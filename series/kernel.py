"""Picks the twin of every hot loop: compiled from `*_c.pyx`, or pure Python, the specification.

Takes `PROMFERRY_KERNEL` from the environment: `c`, `py`, or nothing for compiled where it is built.
Gives each hot module one of its twins; this is the one place where that is chosen.
Invariant: all hot loops are compiled or none is; twins have the same names, types and results.
Never: builds anything; `python setup.py build_ext --inplace` does, and so does every install.
"""

import os
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import attrs

VARIABLE = "PROMFERRY_KERNEL"
# Every extension module of the house; a test holds this equal to the *_c.pyx files.
MODULES = (
    "receivers.filled_c",
    "receivers.otlp.skimming_c",
    "receivers.passing_c",
    "scraper.exposition.keys_c",
    "scraper.exposition.prediction_c",
    "series.filling_c",
    "series.untracked_c",
)
# One more with each change of what a compiled function takes or gives: whoever pulled the source
# and did not build again runs pure Python then, not a crash.
INTERFACE = 6

BUILD_HINT = "to build it: a C compiler, Python's headers, then `pip install` again"

Twin = TypeVar("Twin")


class KernelError(Exception):
    """The kernel that was asked for by name cannot run; the text says what to do."""


@attrs.frozen
class Kernel:
    """`name`: c or py; `why_not_c`: empty if it is c, or if py was asked for."""

    name: str
    why_not_c: str = ""


def choose(wanted: str, modules: Sequence[str] = MODULES) -> Kernel:
    """Raises KernelError."""
    if wanted == "py":
        return Kernel("py")
    if wanted not in ("", "auto", "c"):
        raise KernelError(f"{VARIABLE}={wanted[:80]}: must be c, py or empty")
    why_not = _why_not(modules)
    if why_not and wanted == "c":
        raise KernelError(f"{VARIABLE}=c, but {why_not}; {BUILD_HINT}")
    return Kernel("py" if why_not else "c", why_not)


def _why_not(modules: Sequence[str]) -> str:
    for name in modules:
        try:
            module = import_module(name)
        except ImportError as exc:
            return f"the compiled kernel is not there ({exc})"
        if module.INTERFACE != INTERFACE:
            return f"{name} was built from other source"
    return ""


@cache
def kernel() -> Kernel:
    """What this process runs. Raises KernelError."""
    return choose(os.environ.get(VARIABLE, ""))


def twin(plain: Twin, compiled: str) -> Twin:
    """The module `plain`, or the one named `compiled` that does the same. Raises KernelError."""
    if kernel().name == "py":
        return plain
    assert compiled in MODULES, compiled
    module: Any = import_module(compiled)
    return module  # type: ignore[no-any-return]


def described() -> str:
    """For a log line at the start."""
    chosen = kernel()
    if chosen.name == "c":
        return "compiled hot loops"
    if not chosen.why_not_c:
        return f"hot loops in pure Python, as {VARIABLE} says"
    return f"hot loops in pure Python, which cost several times the CPU: {chosen.why_not_c}"
