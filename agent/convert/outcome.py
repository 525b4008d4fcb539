"""What a conversion gives: a configuration, flags, and the report.

Takes notes and trees while a reader goes through its input; gives the texts to write.
Invariant: nothing is written here.
"""

import shlex
from typing import Any

import attrs

from agent.convert.note import Kind, Note
from agent.flags.table import TABLE

Tree = dict[str, Any]
LOST, GOOD = 3, 0


@attrs.define(kw_only=True)
class Outcome:
    """`verbatim`: the text of a configuration that is taken over as it stands; `defaults`: what a
    variable is where the environment does not set it."""

    source: str
    config: Tree = attrs.field(factory=dict)
    verbatim: str = ""
    flags: list[str] = attrs.field(factory=list)
    defaults: dict[str, str] = attrs.field(factory=dict)
    notes: list[Note] = attrs.field(factory=list)

    def note(self, kind: Kind, place: str, what: str, text: str, look: str = "") -> None:
        found = Note(kind, place, what, text, look)
        if found not in self.notes:
            self.notes.append(found)

    def add_flag(self, name: str, value: str, place: str, what: str, *, text: str = "") -> None:
        """A flag that means the same; one that this version does not have is lost."""
        flag = TABLE.find(name)
        if flag is None or flag.later:
            why = flag.later if flag else "there is no such flag in this version"
            self.note(Kind.LOST, place, what, f"would be -{name}: {why}", "docs/flags.md")
            return
        if (written := f"-{name}={value}") not in self.flags:
            self.flags.append(written)
        self.note(Kind.SAME, place, what, text or f"-{name}", "")

    def add_default(self, name: str, value: str, place: str, what: str) -> None:
        """Written into the script, since `%{NAME}` has none."""
        if self.defaults.setdefault(name, value) != value:
            text = f"another default of {name} stands elsewhere: set the variable"
            self.note(Kind.LOST, place, what, text)
            return
        self.note(Kind.DIFFERS, place, what, f"the default of {name} is set by promferry.sh")

    @property
    def exit_code(self) -> int:
        return LOST if any(note.kind is Kind.LOST for note in self.notes) else GOOD

    def config_text(self) -> str:
        """The YAML of the configuration; empty where there is none."""
        import yaml  # late: only who writes one pays

        if not self.config:
            return self.verbatim
        text = yaml.safe_dump(self.config, sort_keys=False, allow_unicode=True)
        return f"# Written by `promferry convert` from {self.source}.\n{text}"

    def command(self, config_path: str) -> str:
        """The command line, one flag a line."""
        flags = [f"-promscrape.config={config_path}"] if self.config_text() else []
        parts = [shlex.quote(flag) for flag in (*flags, *self.flags)]
        return " \\\n  ".join(["promferry", *parts]) + "\n"

    def script(self, config_path: str) -> str:
        """What starts promferry, with what stands for variables that are not set."""
        lines = [
            f'[ -n "${{{name}:-}}" ] || export {name}={shlex.quote(value)}\n'
            for name, value in self.defaults.items()
        ]
        return "".join(lines) + f"exec {self.command(config_path)}"
