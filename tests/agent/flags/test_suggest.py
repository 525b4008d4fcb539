import pytest

from agent.flags.suggest import nearest

KNOWN = ("remoteWrite.url", "promscrape.config", "dryRun")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("remoteWrite.ulr", "remoteWrite.url", id="letters exchanged"),
        pytest.param("REMOTEWRITE.URL", "remoteWrite.url", id="another case"),
        pytest.param("dry-run", "dryRun", id="another spelling"),
        pytest.param("xyzzy", "", id="nothing is near"),
        pytest.param("", "", id="nothing"),
        pytest.param("remoteWrite.url" * 1000, "", id="a name too long to compare"),
    ],
)
def test_nearest(name: str, meant: str) -> None:
    assert nearest(name, KNOWN) == meant
