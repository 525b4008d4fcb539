"""What `promferry check` was asked and what it found, as text and as JSON."""

import json
from collections.abc import Iterable
from typing import TextIO

import attrs

from agent.config.errors import ConfigError

ERRORS, FINDINGS = 1, 3
COMMAND_LINE = "command line"


@attrs.frozen(kw_only=True)
class Options:
    """What the command line asks of the check itself."""

    lint: bool = False
    syntax_only: bool = False
    as_json: bool = False
    is_file_only: bool = False
    needs_remote: bool = True
    program: str = ""  # whose command line it is: what will be different is told


@attrs.frozen(kw_only=True)
class Report:
    """What was found. `findings` are those of `-lint`; `differences` are none of a mistake."""

    errors: tuple[ConfigError, ...] = ()
    warnings: tuple[ConfigError, ...] = ()
    findings: tuple[ConfigError, ...] = ()
    differences: tuple[ConfigError, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        if self.errors:
            return ERRORS
        return FINDINGS if self.findings else 0


def write_text(report: Report, out: TextIO) -> None:
    is_terminal = out.isatty()
    for prefix, told in (
        ("", report.errors),
        ("warning: ", report.warnings),
        ("lint: ", report.findings),
        ("differs: ", report.differences),
    ):
        for error in told:
            out.write(f"{prefix}{error.with_caret() if is_terminal else error}\n")
    names = ", ".join(dict.fromkeys(report.files)) or COMMAND_LINE
    counts = (
        _counted(len(report.errors), "error"),
        _counted(len(report.warnings), "warning"),
        _counted(len(report.findings), "finding"),
        _counted(len(report.differences), "difference"),
    )
    told_counts = ", ".join(filter(None, counts))
    out.write(f"{names}: {told_counts or 'good'}\n")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' if number > 1 else ''}" if number else ""


def write_json(report: Report, out: TextIO) -> None:
    json.dump(
        {
            "ok": report.exit_code == 0,
            "files": report.files,
            "errors": _as_objects(report.errors),
            "warnings": _as_objects(report.warnings),
            "findings": _as_objects(report.findings),
            "differences": _as_objects(report.differences),
        },
        out,
        indent=1,
    )
    out.write("\n")


def _as_objects(errors: Iterable[ConfigError]) -> list[dict[str, object]]:
    keys = ("file", "line", "column", "path", "message", "text", "hint")
    return [{key: getattr(error, key) for key in keys} for error in errors]
