"""References to variables, in the spelling of each tool, as promferry's `%{NAME}`.

Takes texts; gives them rewritten, what could not be carried over, and what stands for a variable
that is not set, which `promferry.sh` sees to.
"""

import re

# Tool: its references. A name in group `name`, what stands instead of an unset one in `default`.
_BRACES = r"\$\{(?:env:)?(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::?-(?P<default>[^}]*)|(?P<odd>[^}]*))\}"
COLLECTOR = re.compile(rf"(?P<escape>\$\$)|{_BRACES}")
SHELL = re.compile(
    rf"(?P<escape>\$\$)|{_BRACES}|\$(?P<bare>[A-Za-z_][A-Za-z0-9_]*)".replace("(?:env:)?", "")
)
KUBERNETES = re.compile(r"(?P<escape>\$\$)|\$\((?P<name>[A-Za-z_][A-Za-z0-9_.-]*)\)")
# What would itself have to be filled in cannot stand for anything.
_PLAIN_DEFAULT = re.compile(r"[^$`%{}\0\n]*")

Rewritten = tuple[str, tuple[str, ...], dict[str, str]]


def rewritten(text: str, references: re.Pattern[str]) -> Rewritten:
    """The text with `%{NAME}`, the names whose expression was lost, and defaults by name."""
    lost: list[str] = []
    defaults: dict[str, str] = {}

    def one(found: re.Match[str]) -> str:
        groups = found.groupdict()
        if groups["escape"]:
            return "$"
        name = groups.get("name") or groups.get("bare") or ""
        default = groups.get("default")
        is_plain = default is None or _PLAIN_DEFAULT.fullmatch(default)
        if groups.get("odd") or not is_plain:
            lost.append(name)
        elif default is not None and defaults.setdefault(name, default) != default:
            lost.append(name)  # two defaults in one text
        return f"%{{{name}}}"

    filled = references.sub(one, text) if "$" in text else text
    return filled, tuple(lost), {} if lost else defaults
