"""The house keeps its shape: who may import whom, what a core must not touch, how long things get.

Reads the source as syntax trees; imports nothing of it. DESIGN section 3 and STYLE section 1 give
the rules; what is exempt is listed here, with the reason.
"""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each room may import itself and what stands before it; rooms of one level never each other.
LEVELS = [
    ("series",),
    ("relabel",),
    ("transport",),
    ("pushqueue",),
    ("scraper", "receivers"),
    ("web",),
    ("agent",),
    ("cli",),
]
LEVEL_OF = {room: level for level, rooms in enumerate(LEVELS) for room in rooms}

# A core takes bytes, numbers and `now`: it asks no clock, opens no connection, writes no log and
# starts nothing. In these places every module is a core, but for the shells below.
CORE_PLACES = [
    "series",
    "relabel",
    "transport",
    "pushqueue",
    "scraper",
    "receivers",
    "agent/config",
    "agent/convert",
    "agent/flags",
    "agent/metrics",
    "agent/whynot",
]
FORBIDDEN_IN_CORES = {
    "asyncio",
    "httpx",
    "logging",
    "random",
    "socket",
    "subprocess",
    "threading",
    "time",
    "trio",
}
# The shells, and what each may touch of that. A new one is named here or is no shell.
SHELLS: dict[str, set[str]] = {
    "agent/whynot/inquiry.py": {"trio"},
    "transport/client.py": {"trio"},
    "transport/connection.py": {"trio"},
    "transport/decoding.py": {"trio"},
    "transport/dial.py": {"socket", "trio"},
    "transport/dialer.py": {"trio"},
    "transport/handshake.py": {"trio"},
    "transport/aws/process.py": {"trio"},
    "transport/http2.py": {"trio"},
    "transport/renewal.py": {"logging", "trio"},
    "transport/sources.py": {"time"},
    "transport/socket_stream.py": {"socket", "trio"},
    "transport/socks5.py": {"trio"},
    "transport/tls.py": {"logging", "time", "trio"},
    "transport/tunnel.py": {"trio"},
    "pushqueue/aside.py": {"logging"},
    "pushqueue/disk_state.py": {"logging"},
    "pushqueue/fanout.py": {"trio"},
    "pushqueue/throttle.py": {"logging", "trio"},
    "pushqueue/timed_directory.py": {"time"},
    "pushqueue/health.py": {"logging"},
    "pushqueue/hints.py": {"logging"},
    "pushqueue/metadata_sender.py": {"trio"},
    "pushqueue/press.py": {"trio"},
    "pushqueue/queue.py": {"logging", "trio"},
    "pushqueue/reader.py": {"logging"},
    "pushqueue/rejected_log.py": {"logging", "trio"},
    "pushqueue/remote.py": {"logging", "random", "trio"},
    "pushqueue/segment_thinner.py": {"logging"},
    "pushqueue/sender.py": {"trio"},
    "pushqueue/store.py": {"logging"},
    "scraper/clock.py": {"trio"},
    "scraper/discovery/file.py": {"logging", "trio"},
    "scraper/discovery/http.py": {"logging", "trio"},
    "scraper/failure_log.py": {"logging", "trio"},
    "scraper/loop.py": {"logging", "trio"},
    "scraper/manager.py": {"logging", "socket", "trio"},
    "scraper/pool.py": {"logging", "trio"},
}

MAX_FILE_LINES = 500
MAX_FUNCTION_LINES = 60
# "path" or "path::function": the reason why it may be longer.
LONG_FOR_A_REASON: dict[str, str] = {}


def rooms() -> list[Path]:
    return [ROOT / name for name in LEVEL_OF if name != "cli"]


def sources() -> list[Path]:
    """Every source file of the product."""
    return [ROOT / "cli.py", *(path for room in rooms() for path in sorted(room.rglob("*.py")))]


def everything() -> list[Path]:
    """The product, its tests and its benches."""
    others = [path for folder in ("tests", "bench") for path in (ROOT / folder).rglob("*.py")]
    return [*sources(), *sorted(others)]


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """The top-level name of each import in a file, late ones too, and its line."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute here"
            yield (node.module or "").partition(".")[0], node.lineno


def is_allowed(importer: str, imported_room: str) -> bool:
    return importer == imported_room or LEVEL_OF[imported_room] < LEVEL_OF[importer]


def core_places() -> list[Path]:
    return [path for place in CORE_PLACES for path in sorted((ROOT / place).rglob("*.py"))]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Each function of a file and how many lines it takes, decorators not counted."""
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{relative(path)}::{node.name}", node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", sources(), ids=relative)
def test_imports_run_one_way(path: Path) -> None:
    wrong = [
        f"{relative(path)}:{line} imports {name}"
        for name, line in imported(path)
        if name in LEVEL_OF and not is_allowed(room_of(path), name)
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("importer", "imported_room", "expected"),
    [
        pytest.param("series", "relabel", False, id="the leaf imports no room"),
        pytest.param("web", "series", True, id="what is above may skip levels"),
        pytest.param("scraper", "receivers", False, id="scraper never imports receivers"),
        pytest.param("receivers", "scraper", False, id="receivers never import scraper"),
        pytest.param("agent", "cli", False, id="nobody imports the command"),
        pytest.param("agent", "agent", True, id="a room imports itself"),
    ],
)
def test_the_direction_of_imports(importer: str, imported_room: str, expected: bool) -> None:
    assert is_allowed(importer, imported_room) is expected


@pytest.mark.parametrize("path", core_places(), ids=relative)
def test_a_core_touches_no_clock_network_or_log(path: Path) -> None:
    allowed = SHELLS.get(relative(path), set())
    wrong = [
        f"{relative(path)}:{line} imports {name}"
        for name, line in imported(path)
        if name in FORBIDDEN_IN_CORES - allowed
    ]
    assert not wrong


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_is_there_and_needs_what_it_may_touch(shell: str) -> None:
    assert SHELLS[shell] <= {name for name, _ in imported(ROOT / shell)}


def test_no_product_code_imports_tests_or_benches() -> None:
    wrong = [
        f"{relative(path)}:{line} imports {name}"
        for path in sources()
        for name, line in imported(path)
        if name in {"tests", "bench", "pytest", "hypothesis"}
    ]
    assert not wrong


def test_files_stay_short() -> None:
    lengths = {relative(path): len(path.read_text().splitlines()) for path in everything()}
    long = {
        name: lines
        for name, lines in lengths.items()
        if lines > MAX_FILE_LINES and name not in LONG_FOR_A_REASON
    }
    assert not long


def test_functions_stay_short() -> None:
    long = {
        name: lines
        for path in everything()
        for name, lines in functions(path)
        if lines > MAX_FUNCTION_LINES and name not in LONG_FOR_A_REASON
    }
    assert not long


def test_every_module_says_what_it_is() -> None:
    """An empty `__init__.py` needs no words; everything else begins with its contract."""
    silent = [
        relative(path)
        for path in sources()
        if path.read_text().strip() and ast.get_docstring(ast.parse(path.read_text())) is None
    ]
    assert not silent


def test_every_package_is_installed() -> None:
    """pyproject.toml lists them one by one; a forgotten one would be missing only elsewhere."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    existing = {
        relative(path.parent).replace("/", ".") for room in rooms() for path in room.rglob("*.py")
    }
    assert sorted(existing) == sorted(listed)


def test_every_folder_of_tests_is_a_package() -> None:
    """So that two rooms may both have a `test_settings.py`."""
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [relative(path) for path in folders if not (path / "__init__.py").exists()] == []
