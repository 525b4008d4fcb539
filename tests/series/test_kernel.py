"""Which twin runs, and that the project is whole without a compiler."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import pytest

from series import kernel
from series.kernel import INTERFACE, MODULES, Kernel, KernelError, choose

ROOT = Path(__file__).parents[2]
# Ends with an error whatever it is asked to compile.
WITHOUT_COMPILER = {"CC": "false", "PROMFERRY_KERNEL": ""}


@pytest.mark.parametrize(
    ("wanted", "modules", "expected"),
    [
        pytest.param("py", ("series",), Kernel("py"), id="Python by name"),
        pytest.param("", (), Kernel("c"), id="compiled where all is built"),
        pytest.param("auto", (), Kernel("c"), id="said in a word"),
        pytest.param(
            "",
            ("series.nothing_c",),
            Kernel("py", "the compiled kernel is not there (No module named 'series.nothing_c')"),
            id="Python where a module is missing, and why",
        ),
        pytest.param(
            "",
            ("tests.series.old_c",),
            Kernel("py", "tests.series.old_c was built from other source"),
            id="Python where a module is left over from other source",
        ),
    ],
)
def test_the_choice(wanted: str, modules: tuple[str, ...], expected: Kernel) -> None:
    assert choose(wanted, modules) == expected


@pytest.mark.parametrize(
    ("wanted", "text"),
    [
        pytest.param(
            "c", "PROMFERRY_KERNEL=c, but the compiled kernel is not there", id="not built"
        ),
        pytest.param("C", "PROMFERRY_KERNEL=C: must be c, py or empty", id="a word unknown"),
    ],
)
def test_what_cannot_run(wanted: str, text: str) -> None:
    with pytest.raises(KernelError, match=text):
        choose(wanted, ("series.nothing_c",))


def test_the_twins_are_those_in_the_source() -> None:
    rooms = ("series", "scraper", "receivers")
    files = [path for room in rooms for path in ROOT.glob(f"{room}/**/*_c.pyx")]
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files}
    assert names == set(MODULES)
    for path in files:
        assert f"\nINTERFACE = {INTERFACE}\n" in path.read_text(), path


@pytest.mark.parametrize("name", MODULES)
def test_ci_tests_what_is_compiled_of_this_source(name: str) -> None:
    if not os.environ.get("PROMFERRY_CI"):
        pytest.importorskip(name)
    assert import_module(name).INTERFACE == INTERFACE


def run(argv: list[str], cwd: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept: Mapping[str, str] = {
        name: value for name, value in os.environ.items() if name != "PYTHONPATH"
    }
    return subprocess.run(
        argv,
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def test_the_build_without_a_compiler_is_whole(tmp_path: Path) -> None:
    """What pip does with our build, but for fetching what we depend on."""
    argv = [sys.executable, "setup.py", "build", "--build-base", str(tmp_path)]
    built = run([*argv, "--build-lib", str(tmp_path / "lib")], ROOT, **WITHOUT_COMPILER)
    assert built.returncode == 0, built.stderr
    installed = tmp_path / "lib"
    assert not list(installed.rglob("*.so"))
    command = [sys.executable, "-P", "-c", "import cli, sys; sys.exit(cli.main(['-version']))"]
    path = {"PYTHONPATH": str(installed)}
    assert run(command, tmp_path, **WITHOUT_COMPILER, **path).stdout.endswith(", kernel py\n")
    refused = run(command, tmp_path, PROMFERRY_KERNEL="c", **path)
    assert refused.returncode == 1
    assert refused.stderr.startswith("promferry: PROMFERRY_KERNEL=c, but the compiled kernel")
    assert kernel.BUILD_HINT in refused.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("environment", "name"),
    [
        pytest.param(WITHOUT_COMPILER, "py", id="no compiler"),
        pytest.param({"PROMFERRY_KERNEL": ""}, "c", id="a compiler"),
    ],
)
def test_an_install_into_a_fresh_venv(
    environment: Mapping[str, str], name: str, tmp_path: Path
) -> None:
    source, venv = tmp_path / "source", tmp_path / "venv"
    # What git knows: nothing that was built here before.
    listed = run(["git", "ls-files"], ROOT).stdout.splitlines()
    for each in listed:
        (source / each).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / each, source / each)
    assert run([sys.executable, "-m", "venv", str(venv)], tmp_path).returncode == 0
    pip = [str(venv / "bin" / "pip"), "install", "--quiet", str(source)]
    installed = run(pip, tmp_path, **environment)
    assert installed.returncode == 0, installed.stderr
    told = run([str(venv / "bin" / "promferry"), "-version"], tmp_path, **environment)
    assert told.stdout.endswith(f", kernel {name}\n"), told.stderr
