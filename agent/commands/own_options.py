"""The options of a command that takes the agent's flags too.

Takes argv and which options are the command's own; gives both apart, and the bare arguments.
"""

from collections.abc import Container, Sequence

import attrs

from agent.flags.errors import FlagError, FlagErrors


@attrs.define
class OwnOptions:
    """`switches` and `texts`: the command's own; `flags`: the agent's; `words`: the rest."""

    switches: set[str] = attrs.field(factory=set)
    texts: dict[str, str] = attrs.field(factory=dict)
    flags: list[str] = attrs.field(factory=list)
    words: list[str] = attrs.field(factory=list)

    @property
    def wants_help(self) -> bool:
        return any(flag.lstrip("-") in ("help", "h") for flag in self.flags)


def split_options(
    argv: Sequence[str], *, switches: Container[str], texts: Container[str]
) -> OwnOptions:
    """Raises FlagErrors."""
    options = OwnOptions()
    errors: list[FlagError] = []
    for argument in argv:
        name, equals, text = argument.lstrip("-").partition("=")
        if not argument.startswith("-"):
            options.words.append(argument)
        elif name in switches and not equals:
            options.switches.add(name)
        elif name in texts and text:
            options.texts[name] = text
        elif name in texts or name in switches:
            reason = f"write it as -{name}=VALUE" if name in texts else "it takes no value"
            errors.append(FlagError(name=name, reason=reason, text=text))
        else:
            options.flags.append(argument)
    if errors:
        raise FlagErrors(errors)
    return options
