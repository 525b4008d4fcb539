"""Which command a command line means."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from agent.commands import COMMANDS, run
from agent.flags.suggest import nearest


def test_every_command_exists() -> None:
    missing = [name for name, (module, _) in COMMANDS.items() if find_spec(module) is None]
    assert missing == []


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        pytest.param(["chek"], "unknown command 'chek'; did you mean check?", id="misspelt"),
        pytest.param(["xyzzy"], "'xyzzy'; promferry help lists the commands", id="nothing near"),
        pytest.param(["help", "chek"], "did you mean check?", id="help on a misspelt one"),
        pytest.param([""], "unknown command ''; promferry help", id="an empty word"),
        pytest.param(["a" * 9999], "; promferry help lists", id="a long word"),
    ],
)
def test_unknown(argv: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.count("\n") == 1
    assert len(err) < 200


def test_help_lists_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n  {name} " in out for name in COMMANDS)


@pytest.mark.parametrize("flag", ["-version", "--version"])
def test_flags_are_for_the_agent(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([flag]) == 0
    assert capsys.readouterr().out.startswith("promferry ")


def test_names_of_commands_are_apart() -> None:
    assert all(nearest(name, COMMANDS) == name for name in COMMANDS)


def test_a_version_is_told_without_the_pipeline() -> None:
    code = (
        "import sys; from agent.commands import run; run(['-version']); "
        "print(sorted({'trio', 'yaml', 're2', 'httpx', 'h11', 'prometheus_client'} "
        "& set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "[]"
