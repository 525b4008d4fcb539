"""`promferry compare`: what it says where nobody can be compared with."""

import pytest

from cli import main


@pytest.mark.parametrize(
    ("argv", "code", "told"),
    [
        pytest.param([], 2, "-with=URL names the other agent", id="nobody is named"),
        pytest.param(["-with=127.0.0.1:1"], 1, "write the address as http://host:port",
                     id="an address without a scheme"),
        pytest.param(["-with=http://127.0.0.1:1"], 1, "http://127.0.0.1:1: nobody answers there",
                     id="nobody is there"),
        pytest.param(["-with=http://u:secret@127.0.0.1:1"], 1, "http://127.0.0.1:1: nobody",
                     id="a password is not shown"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(
    argv: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", *argv]) == code
    err = capsys.readouterr().err
    assert told in err
    assert "secret" not in err
