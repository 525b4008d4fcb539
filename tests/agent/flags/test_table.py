"""The table against itself and against vmagent's own list of flags."""

import re
from pathlib import Path

import pytest

from agent.flags.flag import BOOL, INT, STRING, Flag, Group, Kind, State
from agent.flags.kinds import parse_value
from agent.flags.table import TABLE, Table

TYPES: dict[Kind, tuple[type, ...]] = {
    Kind.STRING: (str,),
    Kind.PASSWORD: (str,),
    Kind.BOOL: (bool,),
    Kind.INT: (int,),
    Kind.FLOAT: (float,),
    Kind.DURATION: (int, float),
    Kind.SIZE: (int,),
    Kind.PERCENT: (float,),
}
VMAGENT = [
    line.split(" ", 2)
    for line in (Path(__file__).parent / "vmagent_flags.txt").read_text().splitlines()
    if not line.startswith("#")
]
# Where our default is another than vmagent's, and why.
OTHER_DEFAULTS = {
    "opentelemetry.promoteAllResourceAttributes": "Prometheus' rules count by default",
    "opentelemetry.promoteScopeMetadata": "Prometheus' rules count by default",
    "remoteWrite.tmpDataPath": "our queue lives beside vmagent's, not in it",
    "promscrape.maxResponseHeadersSize": "4 KiB fails targets that Prometheus scrapes",
    "remoteWrite.queues": "depends on the machine there",
    "maxConcurrentInserts": "depends on the machine there",
    "http.maxGracefulShutdownDuration": "a stop takes less than five seconds",
    "fs.maxConcurrency": "depends on the machine there",
    # An alias of retryMaxInterval here, which is a list.
    "remoteWrite.retryMaxTime": "an alias",
}
# Names that have a secret's word in them and hold none.
NO_SECRETS = {"remoteWrite.aws.useSigv4", "secret.flags"}


@pytest.mark.parametrize("flag", TABLE.flags, ids=lambda flag: flag.name)
def test_a_default_has_its_kind(flag: Flag) -> None:
    if flag.stands_for:
        assert TABLE.by_name[flag.stands_for].state is State.BUILT
        return
    assert isinstance(flag.default, TYPES[flag.kind])
    assert isinstance(flag.default, bool) == (flag.kind is BOOL)
    assert flag.help.endswith(".")
    if flag.choices:
        assert flag.default in flag.choices


@pytest.mark.parametrize("flag", TABLE.flags, ids=lambda flag: flag.name)
def test_what_sounds_secret_is_secret(flag: Flag) -> None:
    sounds_secret = re.search("(?i)pass|key|secret|token", flag.name)
    is_harmless = re.search(r"File|Url$|keepAlive|keepDangling|keepInput|File\.", flag.name, re.I)
    if sounds_secret and not is_harmless and flag.name not in NO_SECRETS:
        assert flag.is_secret


@pytest.mark.parametrize("row", VMAGENT, ids=lambda row: row[0])
def test_vmagents_flag_is_known(row: list[str]) -> None:
    name, kind, default = (*row, "")[:3]
    flag = TABLE.find(name)
    assert flag is not None
    if kind == "array":
        assert flag.many
    elif not flag.many:
        assert flag.kind.value == kind
    if default and name not in OTHER_DEFAULTS:
        assert flag.default == parse_value(flag, default)


def test_there_are_all_of_them() -> None:
    assert len(VMAGENT) == 246


@pytest.mark.parametrize(
    "name",
    [
        "promscrape.config",
        "promscrape.config.strictParse",
        "promscrape.configCheckInterval",
        "promscrape.maxScrapeSize",
        "promscrape.noStaleMarkers",
        "remoteWrite.url",
        "remoteWrite.name",
        "remoteWrite.tlsInsecureSkipVerify",
        "remoteWrite.tlsCAFile",
        "remoteWrite.tlsCertFile",
        "remoteWrite.tlsKeyFile",
        "remoteWrite.tlsServerName",
        "remoteWrite.tmpDataPath",
        "remoteWrite.maxDiskUsagePerURL",
        "remoteWrite.spillAfter",
        "remoteWrite.flushInterval",
        "httpListenAddr",
        "loggerLevel",
        "loggerFormat",
        "dryRun",
        "version",
        "help",
        "envflag.enable",
    ],
)
def test_built(name: str) -> None:
    assert TABLE.by_name[name].state is State.BUILT


def test_a_name_declared_twice_is_refused() -> None:
    flags = (Flag("a", STRING, "", ""), Flag("b", INT, 0, "", aliases=("a",)))
    with pytest.raises(ValueError, match="declared twice"):
        Table((Group("g", "", flags),))


def test_a_flag_is_not_both_refused_and_accepted() -> None:
    with pytest.raises(ValueError, match="cannot be both"):
        Flag("a", STRING, "", "", later="x", idle="y")
