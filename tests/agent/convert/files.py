"""The corpus: configurations as users have them, and beside each what `convert` is to say of it.

Takes nothing; gives cases. `python -m tests.agent.convert.files` writes the expectations anew:
read the difference before it is committed.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import attrs

from agent.config.errors import ConfigErrors
from agent.convert.detect import convert
from agent.convert.note import Kind, Note
from agent.convert.outcome import Outcome

FOLDER = Path(__file__).with_name("corpus")
KINDS = ("collector", "vmagent", "prometheus", "grafana")


@attrs.frozen
class Case:
    path: Path

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.stem}"

    @property
    def expected(self) -> Path:
        return self.path.with_name(f"{self.path.name}.expected")

    def outcome(self) -> Outcome:
        """Raises ConfigErrors."""
        return convert(self.path.name, self.path.read_bytes())

    def report(self) -> str:
        """The exit code, what differs or is lost by line and key, and what is written."""
        try:
            outcome = self.outcome()
        except ConfigErrors as exc:
            return "exit 1\n" + "".join(f"{error}\n" for error in exc.errors)
        notes = [_line(note) for note in outcome.notes if note.kind is not Kind.SAME]
        same = sum(note.kind is Kind.SAME for note in outcome.notes)
        config = "(as it stands)\n" if outcome.verbatim else outcome.config_text()
        parts = [
            f"exit {outcome.exit_code}, {same} same",
            *notes,
            "",
            outcome.script("new.yml"),
            config,
        ]
        return "\n".join(part.rstrip("\n") for part in parts).rstrip("\n") + "\n"


def _line(note: Note) -> str:
    place = re.sub(r"^.*:(\d+)$", r"\1", note.place)
    return f"{note.kind.value} {place} {note.what}: {note.text}"


def cases(kind: str = "*") -> Iterator[Case]:
    for path in sorted(FOLDER.glob(f"{kind}/*")):
        if path.suffix != ".expected":
            yield Case(path)


if __name__ == "__main__":
    for case in cases():
        case.expected.write_text(case.report())
