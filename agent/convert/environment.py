"""References to variables, in the spelling of each tool, as promferry's `%{NAME}`.

Takes texts; gives them rewritten, and what could not be carried over.
"""

import re

# Tool: its references. A name in group `name`, what stands instead of an unset one in `default`.
_BRACES = r"\$\{(?:env:)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?-(?P<default>[^}]*)|(?P<odd>[^}]*))\}"
COLLECTOR = re.compile(rf"(?P<escape>\$\$)|{_BRACES}")
SHELL = re.compile(
    rf"(?P<escape>\$\$)|{_BRACES}|\$(?P<bare>[A-Za-z_][A-Za-z0-9_]*)".replace("(?:env:)?", "")
)
KUBERNETES = re.compile(r"(?P<escape>\$\$)|\$\((?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\)")


def rewritten(text: str, references: re.Pattern[str]) -> tuple[str, tuple[str, ...]]:
    """The text with `%{NAME}`, and the names whose default or expression was lost."""
    lost: list[str] = []

    def one(found: re.Match[str]) -> str:
        groups = found.groupdict()
        if groups["escape"]:
            return "$"
        name = groups.get("name") or groups.get("bare") or ""
        if groups.get("default") or groups.get("odd"):
            lost.append(name)
        return f"%{{{name}}}"

    return (references.sub(one, text) if "$" in text else text), tuple(lost)
