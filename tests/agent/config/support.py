"""Reads the data of this folder: cases of configurations and what is expected of them."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath

import attrs

from agent.config.errors import ConfigError
from agent.config.load import Loaded, LoadOptions, load

DATA = Path(__file__).parent / "data"
DIRECTORY = "/etc/promferry"
ENVIRONMENT = {
    "HOST": "h",
    "INTERVAL": "7s",
    "LIMIT": "9",
    "TARGETS": "['a:1', 'b:2']",
}


@attrs.define
class Case:
    """`files` by name; the configuration itself is p.yml."""

    name: str
    likes: list[str] = attrs.field(factory=list)
    errors: list[str] = attrs.field(factory=list)
    warnings: list[str] = attrs.field(factory=list)
    files: dict[str, str] = attrs.field(factory=lambda: {"p.yml": ""})


def read_cases(path: Path) -> Iterator[Case]:
    """`# case:` begins a case, `# error: path | part of the message`, `# file:` another file."""
    case: Case | None = None
    file = "p.yml"
    for line in path.read_text().splitlines():
        word, _, rest = line.removeprefix("# ").partition(": ")
        if line.startswith("# case: "):
            if case:
                yield case
            case, file = Case(rest), "p.yml"
            continue
        assert case is not None, "a file of cases begins with a case"
        if line.startswith("# like: "):
            case.likes += rest.split()
        elif line.startswith("# error: "):
            case.errors.append(rest)
        elif line.startswith("# warning: "):
            case.warnings.append(rest)
        elif line.startswith("# file: "):
            file = rest
            case.files[file] = ""
        else:
            assert not line.startswith("# "), f"{path}: unknown line {word!r}"
            case.files[file] += line + "\n"
    if case:
        yield case


def absolute(name: str) -> str:
    return name if "://" in name else str(PurePosixPath(DIRECTORY, name))


def options_for(files: Mapping[str, str]) -> LoadOptions:
    """Options that read from `files` and from no disk."""
    contents = {absolute(name): text.encode() for name, text in files.items()}

    def read(path: str) -> bytes:
        if path not in contents:
            raise FileNotFoundError(2, "No such file or directory", path)
        return contents[path]

    def matching(pattern: str) -> list[str]:
        found = sorted(name for name in contents if fnmatch(name, pattern))
        return found or ([] if "*" in pattern else [pattern])

    return LoadOptions(environment=ENVIRONMENT, read_file=read, list_files=matching)


def load_files(files: Mapping[str, str]) -> Loaded:
    return load(absolute("p.yml"), options=options_for(files))


def is_as_expected(error: ConfigError, expected: str) -> bool:
    path, _, message = expected.partition(" | ")
    if not path or expected.startswith("| "):
        path, message = "", expected.removeprefix("| ")
    told = str(error).replace(f"{DIRECTORY}/", "")
    return error.path == path and message in told


def compare(errors: tuple[ConfigError, ...], expected: list[str]) -> None:
    told = [str(error) for error in errors]
    missing = [text for text in expected if not any(is_as_expected(e, text) for e in errors)]
    assert not missing, told
    surplus = [str(e) for e in errors if not any(is_as_expected(e, text) for text in expected)]
    assert not surplus
