"""The installed `promferry lint`: a text from stdin, a file, a URL."""

import subprocess
from pathlib import Path

import pytest

from tests.integration.agent import command
from tests.integration.process import free_port
from tests.integration.test_formats import OPENMETRICS, OPENMETRICS_TYPE, target

GOOD = b"# HELP a_total x\n# TYPE a_total counter\na_total 1\n"


def lint(*argv: str, stdin: bytes = b"") -> tuple[int, str, str]:
    done = subprocess.run(
        [*command(), "lint", *argv], input=stdin, capture_output=True, timeout=60, check=False
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize("source", ["stdin", "a file", "a URL"])
def test_where_a_text_comes_from(source: str, tmp_path: Path) -> None:
    body = GOOD + b"b_ms{c='\xff'} 1\n"
    said = "promferry lint: line 4: expected a quoted label value after =: 'b_ms{c='\\xff'} 1'\n"
    if source == "stdin":
        assert lint(stdin=body) == (1, "", said)
    elif source == "a file":
        (tmp_path / "page").write_bytes(body)
        assert lint(str(tmp_path / "page")) == (1, "", said)
    else:
        with target("text/plain", body) as address:
            assert lint(f"http://{address}/metrics") == (1, "", said)


def test_problems_and_cardinality() -> None:
    code, out, err = lint("-extended", stdin=GOOD + b"b_ms 1\n")
    assert (code, [line.split()[:2] for line in out.splitlines()]) == (
        3,
        [["a_total", "1"], ["b_ms", "1"], ["(all)", "2"]],
    )
    assert err == "b_ms: has no help text\nb_ms: write the unit out in place of ms\n"


def test_openmetrics_of_a_url() -> None:
    with target(OPENMETRICS_TYPE, OPENMETRICS) as address:
        code, _, err = lint("-openmetrics", f"http://{address}/metrics")
    assert (code, err) == (1, "promferry lint: Clashing name: d\n")


@pytest.mark.parametrize("source", ["missing", "http://127.0.0.1:{port}/", "http://[/"])
def test_what_cannot_be_read_is_one_line(source: str, tmp_path: Path) -> None:
    place = source.format(port=free_port()) if "/" in source else str(tmp_path / source)
    code, out, err = lint(place)
    assert (code, out) == (1, "")
    assert err.startswith("promferry lint: ")
    assert err.count("\n") == 1
    assert "Traceback" not in err
