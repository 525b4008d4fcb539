"""Flags from environment variables, where `-envflag.enable` asks for it.

Takes what the command line gave and the environment; gives more of the same kind.
A variable is named as the flag, dots as underscores, after `-envflag.prefix`: `remoteWrite_url`.
Invariant: a flag on the command line is not looked up.
"""

from collections.abc import Iterable, Mapping, Sequence

from agent.flags.arguments import Given, Reading
from agent.flags.errors import FlagError
from agent.flags.flag import Flag
from agent.flags.kinds import TRUE_TEXTS
from agent.flags.suggest import nearest
from agent.flags.table import Table
from scraper.placeholders import ExpansionError, expand


def read_variables(reading: Reading, environ: Mapping[str, str], table: Table) -> None:
    """Adds to `reading` what the environment says about flags that are still open."""
    if _last_text(reading.given, "envflag.enable") not in TRUE_TEXTS:
        return
    prefix = _last_text(reading.given, "envflag.prefix")
    on_command_line = {given.flag.stands_for or given.flag.name for given in reading.given}
    names = _variable_names(prefix, table)
    for variable, (flag, spelling) in names.items():
        if variable in environ and flag.name not in on_command_line:
            _read(variable, flag, spelling, environ, reading)
    if prefix:
        reading.warnings.extend(_unknown(prefix, names, environ))


def _last_text(given: Sequence[Given], name: str) -> str:
    texts = [one.text for one in given if one.flag.name == name]
    return texts[-1] if texts else ""


def _variable_names(prefix: str, table: Table) -> dict[str, tuple[Flag, str]]:
    # Another program's spellings would make variables such as `agent` mean something.
    own = (flag for flag in table.flags if not flag.is_foreign)
    return {
        prefix + spelling.replace(".", "_"): (flag, spelling)
        for flag in own
        for spelling in (flag.name, *flag.aliases)
    }


def _read(
    variable: str, flag: Flag, spelling: str, environ: Mapping[str, str], reading: Reading
) -> None:
    try:
        text = expand(environ[variable], environ)
    except ExpansionError as exc:
        reading.errors.append(FlagError(name=spelling, reason=str(exc), origin=variable))
    else:
        reading.given.append(Given(flag, spelling, text, variable))


def _unknown(prefix: str, names: Iterable[str], environ: Mapping[str, str]) -> list[str]:
    warnings = []
    for variable in sorted(set(environ) - set(names)):
        if variable.startswith(prefix):
            meant = nearest(variable, names)
            hint = f"; did you mean {meant}?" if meant else ""
            warnings.append(f"environment variable {variable} names no flag{hint}")
    return warnings
