import signal
import socket

import httpx
import pytest
import trio

from agent.commands.receive import (
    ReceiveOptions,
    UsageError,
    parse_options,
    receive,
    report,
    run,
)
from receivers.arrivals import ArrivalBook
from tests.web.test_receiver_app import PROTOBUF, WIRE


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        pytest.param([], ReceiveOptions(), id="the defaults"),
        pytest.param(["-listen=:1"], ReceiveOptions(listen=":1"), id="one dash and ="),
        pytest.param(["--listen", ":1"], ReceiveOptions(listen=":1"), id="two dashes, two words"),
        pytest.param(
            ["-window=5", "-samples", "7"], ReceiveOptions(window=5, samples=7), id="numbers"
        ),
        pytest.param(["-help"], ReceiveOptions(help=True), id="help"),
        pytest.param(["-window=5", "-window=6"], ReceiveOptions(window=6), id="the last counts"),
    ],
)
def test_flags(argv: list[str], expected: ReceiveOptions) -> None:
    assert parse_options(argv) == expected


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        pytest.param(["-lisen=:1"], "'-lisen=:1'; did you mean -listen?", id="a typo"),
        pytest.param(["out"], "unknown argument 'out'", id="a word"),
        pytest.param(["-listen=9201"], "-listen: bad listen address '9201'", id="no port"),
        pytest.param(["-listen"], "-listen: bad listen address ''", id="no value"),
        pytest.param(["-window=0"], "-window=0: a number from 1", id="zero"),
        pytest.param(["-samples=x"], "-samples=x: a number from 1", id="no number"),
        pytest.param(["-samples", "-1"], "-samples=-1: a number from 1", id="negative"),
    ],
)
def test_a_bad_flag_is_one_line_and_exit_code_2(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UsageError):
        parse_options(argv)
    assert run(argv) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1


def test_help_shows_every_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-help"]) == 0
    shown = capsys.readouterr().out
    assert all(flag in shown for flag in ("-listen=", "-window=", "-samples=", "/api/v1/write"))


def test_a_port_in_use_is_one_line_and_exit_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert run([f"-listen=127.0.0.1:{port}"]) == 1
    told = capsys.readouterr().err
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in told
    assert told.count("\n") == 1


def test_a_line_for_each_sender() -> None:
    book = ArrivalBook()
    book.of("a").refused = 1
    book.of("b").requests = 1
    assert [line.rpartition(" ")[2] for line in report(book)] == ["a", "b"]
    assert list(report(book)) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_takes_shows_and_ends(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command as it is, but for the process."""
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            bound = await nursery.start(receive, ReceiveOptions(listen="127.0.0.1:0"))
            url = f"http://{bound}"
            assert f"listens on {url}/ " in capsys.readouterr().out
            async with httpx.AsyncClient() as session:
                headers = {**PROTOBUF, "content-encoding": "identity"}
                answer = await session.post(f"{url}/api/v1/write", content=WIRE, headers=headers)
                assert answer.status_code == 204
                series = (await session.get(f"{url}/api/v1/series")).json()["data"]
                assert [one["labels"] for one in series] == [{"__name__": "up"}]
            signal.raise_signal(number)
    assert capsys.readouterr().out.endswith("ended; 1 sample arrived in all\n")
