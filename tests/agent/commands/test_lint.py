"""`promferry lint` from a file: what it says and how it ends."""

from pathlib import Path

import pytest

from agent.commands import lint
from agent.commands.lint import run

GOOD = "# HELP a_total b\n# TYPE a_total counter\na_total 1\n"


@pytest.mark.parametrize(
    ("flags", "text", "code", "said"),
    [
        pytest.param([], GOOD, 0, "", id="nothing to say"),
        pytest.param([], "a 1\n", 3, "a: has no help text", id="a problem"),
        pytest.param(["-lint=none"], "a 1\n", 0, "", id="syntax only"),
        pytest.param([], "a 1\nb\n", 1, "line 2: expected a value", id="bad syntax"),
        pytest.param(["-openmetrics"], GOOD, 1, "does not end with # EOF", id="no OpenMetrics"),
        pytest.param(
            ["-openmetrics"],
            "# TYPE a counter\na 1\n# EOF\n",
            1,
            "promferry lint",
            id="good for a scrape, not for the specification",
        ),
        pytest.param(
            ["-openmetrics"], "# HELP a b\n# TYPE a counter\na_total 1\n# EOF\n", 0, "", id="good"
        ),
        pytest.param(
            [], "# HELP a b\n# HELP a c\na 1\n", 1, "line 2: a second HELP", id="help said twice"
        ),
        pytest.param(
            [], "# TYPE a gauge\n# TYPE a gauge\n", 1, "line 2: a second TYPE", id="type said twice"
        ),
        pytest.param(
            [],
            "a 1\n# TYPE a gauge\n",
            1,
            "line 2: the TYPE line of a stands behind",
            id="type behind a sample",
        ),
        pytest.param(["-what"], GOOD, 2, "unknown flag -what", id="a flag that is none"),
    ],
)
def test_lint(
    flags: list[str],
    text: str,
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "page"
    path.write_text(text)
    assert run([*flags, str(path)]) == code
    assert said in capsys.readouterr().err


def test_a_text_that_is_too_large_is_not_judged_by_its_beginning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "MAX_BYTES", 2**20)
    path = tmp_path / "page"
    path.write_text("# HELP a b\n" + "a 1\n" * 2**18)
    assert run([str(path)]) == 1
    assert "larger than 1 MiB" in capsys.readouterr().err


def test_extended_tells_how_many_series_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "page"
    path.write_text('a{b="1"} 1\na{b="2"} 1\nc 1\n')
    run(["-extended", "-lint=none", str(path)])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines == [["a", "2", "66.67%"], ["c", "1", "33.33%"], ["(all)", "3"]]
