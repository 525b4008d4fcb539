import pytest

from agent.flags.errors import FlagErrors
from agent.flags.parser import parse

ON = "-envflag.enable"


@pytest.mark.parametrize(
    ("argv", "environ", "urls"),
    [
        pytest.param([], {"remoteWrite_url": "a"}, (), id="only when asked for"),
        pytest.param([ON], {"remoteWrite_url": "a,b"}, ("a", "b"), id="dots are underscores"),
        pytest.param([f"{ON}=false"], {"remoteWrite_url": "a"}, (), id="asked for not to"),
        pytest.param(
            [ON, "-remoteWrite.url=b"], {"remoteWrite_url": "a"}, ("b",), id="the command line wins"
        ),
        pytest.param(
            [ON, "-envflag.prefix=PF_"],
            {"PF_remoteWrite_url": "a", "remoteWrite_url": "b"},
            ("a",),
            id="with a prefix",
        ),
        pytest.param(
            [ON], {"remoteWrite_url": "%{X}/w", "X": "a"}, ("a/w",), id="placeholders expand"
        ),
        pytest.param([ON], {"remoteWrite_tls_url": "a"}, ("a",), id="by another spelling"),
        pytest.param([ON], {"remoteWrite_URL": "a"}, (), id="the case counts"),
        pytest.param([ON], {"agent": "x", "config_file": "y"}, (), id="never Prometheus' names"),
    ],
)
def test_urls(argv: list[str], environ: dict[str, str], urls: tuple[str, ...]) -> None:
    assert parse(argv, environ)["remoteWrite.url"] == urls


def test_prometheus_spelling_on_the_command_line_wins_too() -> None:
    values = parse([ON, "--config.file=a"], {"promscrape_config": "b"})
    assert values["promscrape.config"] == "a"


def test_a_bad_variable_is_named() -> None:
    with pytest.raises(FlagErrors, match="environment variable dryRun: -dryRun: must be true"):
        parse([ON], {"dryRun": "maybe"})


def test_a_variable_with_the_prefix_that_names_no_flag_is_told() -> None:
    values = parse([ON, "-envflag.prefix=PF_"], {"PF_remoteWrite_ulr": "a"})
    assert values.warnings == (
        "environment variable PF_remoteWrite_ulr names no flag; did you mean PF_remoteWrite_url?",
    )
