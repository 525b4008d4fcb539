import pytest

from agent.flags.parser import parse
from agent.flags.table import TABLE


@pytest.mark.parametrize(
    ("argv", "index", "value"),
    [
        pytest.param([], 0, 60, id="not given: the default"),
        pytest.param(["-remoteWrite.sendTimeout=5s"], 0, 5, id="one value for the first"),
        pytest.param(["-remoteWrite.sendTimeout=5s"], 7, 5, id="one value for all"),
        pytest.param(["-remoteWrite.sendTimeout=5s,6s"], 1, 6, id="by position"),
        pytest.param(["-remoteWrite.sendTimeout=5s,6s"], 2, 60, id="missing: the default"),
        pytest.param(["-remoteWrite.sendTimeout=5s,,7s"], 1, 60, id="empty: the default"),
    ],
)
def test_for_url(argv: list[str], index: int, value: float) -> None:
    assert parse(argv, {}).for_url("remoteWrite.sendTimeout", index) == value


def test_texts_and_booleans_of_urls_without_an_item() -> None:
    values = parse(["-remoteWrite.tlsCAFile=a,b", "-remoteWrite.tlsInsecureSkipVerify=1,1"], {})
    assert values.for_url("remoteWrite.tlsCAFile", 2) == ""
    assert values.for_url("remoteWrite.tlsInsecureSkipVerify", 2) is False


def test_single() -> None:
    values = parse(["-remoteWrite.sendTimeout=5s", "-remoteWrite.flushInterval=1s,2s"], {})
    assert values.single("remoteWrite.sendTimeout") == 5
    assert values.single("remoteWrite.flushInterval") is None
    assert values.single("remoteWrite.retryMinInterval") is None


def test_set_means_given_be_it_the_default() -> None:
    values = parse(["-dryRun=false"], {})
    assert values.is_set("dryRun")
    assert not values.is_set("version")
    assert values.names_set() == ("dryRun",)


def test_an_unknown_name_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        parse([], {})["remoteWrite.ulr"]


def shown(*argv: str) -> dict[str, str]:
    return {name: value for name, value, is_set in parse(argv, {}).listing() if is_set}


@pytest.mark.parametrize(
    ("argv", "listed"),
    [
        pytest.param(
            ["-remoteWrite.url=http://a:b@c/"], {"remoteWrite.url": "secret"}, id="a URL is hidden"
        ),
        pytest.param(
            ["-remoteWrite.url=http://a:b@c/,http://d", "-remoteWrite.showURL"],
            {"remoteWrite.url": "http://a:secret@c/,http://d", "remoteWrite.showURL": "true"},
            id="a URL that is shown keeps its password hidden",
        ),
        pytest.param(
            ["-remoteWrite.bearerToken=x"], {"remoteWrite.bearerToken": "secret"}, id="a token"
        ),
        pytest.param(
            ["-remoteWrite.tlsKeyFile=/k"], {"remoteWrite.tlsKeyFile": "/k"}, id="a path is shown"
        ),
        pytest.param(
            ["-remoteWrite.name=x", "-secret.flags=REMOTEWRITE.NAME"],
            {"remoteWrite.name": "secret", "secret.flags": "REMOTEWRITE.NAME"},
            id="what the user wants hidden",
        ),
        pytest.param(
            ["-promscrape.config=http://u:p@h/c"],
            {"promscrape.config": "http://u:secret@h/c"},
            id="a password in any URL",
        ),
        pytest.param(
            ["-remoteWrite.name=a,'b,c'"], {"remoteWrite.name": 'a,"b,c"'}, id="items are quoted"
        ),
        pytest.param(
            ["-remoteWrite.sendTimeout=90s"], {"remoteWrite.sendTimeout": "1m30s"}, id="time"
        ),
    ],
)
def test_listing(argv: list[str], listed: dict[str, str]) -> None:
    assert shown(*argv) == listed


def test_every_flag_is_listed_once_and_by_name() -> None:
    names = [name for name, _, _ in parse([], {}).listing()]
    assert names == sorted(TABLE.by_name)
