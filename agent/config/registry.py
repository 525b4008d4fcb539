"""What classes of the configuration bring beside their fields: checks, decoders, other names.

Sections register here, beside their definition; the decoder looks here.
Invariant: filled when the modules of the sections are imported, never changed after.
"""

from collections.abc import Callable, Mapping
from typing import Any

from agent.config.cursor import Cursor

Decoder = Callable[[Cursor], Any]

# What a class checks about its own object after decoding: registered beside the class.
checks: dict[type, Callable[[Any, Cursor], None]] = {}
# Classes that need more than the table; registered beside the class.
decoders: dict[type, Decoder] = {}


def check(cls: type) -> Callable[[Callable[[Any, Cursor], None]], Callable[[Any, Cursor], None]]:
    """Registers the check that runs on every decoded `cls`."""

    def register(function: Callable[[Any, Cursor], None]) -> Callable[[Any, Cursor], None]:
        checks[cls] = function
        return function

    return register


def decoder(cls: type) -> Callable[[Decoder], Decoder]:
    """Registers the function that decodes `cls` instead of the table."""

    def register(function: Decoder) -> Decoder:
        decoders[cls] = function
        return function

    return register


# Keys that go by another name: what to write instead, by class.
names_elsewhere: dict[type, Mapping[str, str]] = {}


def other_names(cls: type, names: Mapping[str, str]) -> None:
    """Registers what to write instead of keys that `cls` does not have."""
    names_elsewhere[cls] = names


def name_elsewhere(cls: type, key: str) -> str:
    """What to write instead of a key that `cls` does not have, "" if nothing is known."""
    found = (names_elsewhere.get(base, {}).get(key, "") for base in cls.__mro__)
    return next(filter(None, found), "")
