"""One command-line flag as the table declares it, and the groups that order them.

Takes what the author of a flag knows; gives it names, a kind, a default and one of three states.
Invariant: a flag is exactly one of built, not yet (`later`) and without effect (`idle`).
Never: holds the value that a user gave.
"""

import enum
from collections.abc import Mapping

import attrs

Value = str | bool | int | float


class Kind(enum.Enum):
    """What a flag's text means; durations are held in seconds, sizes in bytes, `5%` as 5.0."""

    STRING = "string"
    BOOL = "bool"
    INT = "int"
    FLOAT = "float"
    DURATION = "duration"
    SIZE = "size"
    PERCENT = "percent"
    PASSWORD = "password"  # noqa: S105  (the name of a kind)


STRING, BOOL, INT, FLOAT = Kind.STRING, Kind.BOOL, Kind.INT, Kind.FLOAT
DURATION, SIZE, PERCENT, PASSWORD = Kind.DURATION, Kind.SIZE, Kind.PERCENT, Kind.PASSWORD


class State(enum.Enum):
    BUILT = "built"
    LATER = "not yet"
    IDLE = "no effect"


@attrs.frozen
class Flag:
    """One row of the table.

    `many`: a list by repetition or commas, for `-remoteWrite.*` one item for each URL.
    `later`: refused when set, and why; `idle`: accepted with a warning, and why it does nothing;
    `quiet` suppresses that warning where the flag asks for what is so anyway; `effective`: items of
    an idle list that mean something all the same.
    `bare`: what the flag means without a value (booleans: true), None if it needs one.
    `is_foreign`: a flag of another program, by which it `stands_for` one of ours or does nothing;
    `translations` maps its values. Foreign flags are not read from environment variables.
    """

    name: str
    kind: Kind
    default: Value
    help: str
    many: bool = attrs.field(default=False, kw_only=True)
    secret: bool = attrs.field(default=False, kw_only=True)
    later: str = attrs.field(default="", kw_only=True)
    idle: str = attrs.field(default="", kw_only=True)
    quiet: bool = attrs.field(default=False, kw_only=True)
    effective: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    aliases: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    choices: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    minimum: float | None = attrs.field(default=0, kw_only=True)
    bare: str | None = attrs.field(default=None, kw_only=True)
    is_foreign: bool = attrs.field(default=False, kw_only=True)
    stands_for: str = attrs.field(default="", kw_only=True)
    translations: Mapping[str, str] = attrs.field(factory=dict, kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.later and self.idle:
            raise ValueError(f"-{self.name} cannot be both not yet and without effect")

    @property
    def state(self) -> State:
        if self.later:
            return State.LATER
        return State.IDLE if self.idle and not self.effective else State.BUILT

    @property
    def is_secret(self) -> bool:
        return self.secret or self.kind is Kind.PASSWORD

    def value_without(self) -> str | None:
        """The text meant by the flag alone; None where a value must follow."""
        return "true" if self.kind is Kind.BOOL else self.bare


@attrs.frozen
class Group:
    """Flags that help shows together; `name` is what `-help=name` asks for."""

    name: str
    title: str
    flags: tuple[Flag, ...]
