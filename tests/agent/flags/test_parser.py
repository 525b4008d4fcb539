"""Whole command lines: what they mean, and what is told about those that mean nothing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.flags.errors import FlagErrors
from agent.flags.parser import parse
from agent.flags.table import TABLE
from agent.flags.values import Values


def errors_of(*argv: str, environ: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(FlagErrors) as caught:
        parse(argv, environ or {})
    return [str(error) for error in caught.value.errors]


@pytest.mark.parametrize(
    ("argv", "name", "value"),
    [
        pytest.param(["-promscrape.config=a"], "promscrape.config", "a", id="after an equals sign"),
        pytest.param(["-promscrape.config", "a"], "promscrape.config", "a", id="as the next one"),
        pytest.param(["--promscrape.config=a"], "promscrape.config", "a", id="two dashes"),
        pytest.param(["-promscrape.config=a=b"], "promscrape.config", "a=b", id="a second equals"),
        pytest.param(["-promscrape.config="], "promscrape.config", "", id="set to nothing"),
        pytest.param(["-dryRun"], "dryRun", True, id="a boolean alone"),
        pytest.param(["-dryRun=false"], "dryRun", False, id="a boolean with a value"),
        pytest.param(["-dryRun=1"], "dryRun", True, id="a boolean as a number"),
        pytest.param([], "dryRun", False, id="the default"),
        pytest.param([], "httpListenAddr", (":8429",), id="the default of a list"),
        pytest.param(["-httpListenAddr="], "httpListenAddr", ("",), id="a list set to nothing"),
        pytest.param([], "remoteWrite.url", (), id="a list without a default"),
        pytest.param(
            ["-remoteWrite.url=a,b", "-remoteWrite.url", "c"],
            "remoteWrite.url",
            ("a", "b", "c"),
            id="repetition and commas",
        ),
        pytest.param(
            ["-remoteWrite.tls.url=a"], "remoteWrite.url", ("a",), id="a vendor's spelling"
        ),
        pytest.param(
            ["-remoteWrite.tlsInsecureSkipVerify", "-remoteWrite.tlsInsecureSkipVerify=false,true"],
            "remoteWrite.tlsInsecureSkipVerify",
            (True, False, True),
            id="a list of booleans",
        ),
        pytest.param(
            ["-remoteWrite.sendTimeout=5s,,1m"],
            "remoteWrite.sendTimeout",
            (5.0, 60, 60.0),
            id="an empty item is the default",
        ),
        pytest.param(
            ["-remoteWrite.maxDiskUsagePerURL=1GiB,5MB"],
            "remoteWrite.maxDiskUsagePerURL",
            (2**30, 5_000_000),
            id="a list of sizes",
        ),
        pytest.param(
            ["-remoteWrite.retryMaxTime=5s"],
            "remoteWrite.retryMaxInterval",
            (5.0,),
            id="an old name",
        ),
        pytest.param(["-loggerLevel=warn"], "loggerLevel", "WARN", id="a choice in any case"),
        pytest.param(["--config.file", "a"], "promscrape.config", "a", id="Prometheus' config"),
        pytest.param(
            ["--web.listen-address=a:1", "--web.listen-address=b:2"],
            "httpListenAddr",
            ("a:1", "b:2"),
            id="Prometheus' addresses",
        ),
        pytest.param(
            ["--storage.agent.path=d"], "remoteWrite.tmpDataPath", "d", id="Prometheus' data"
        ),
        pytest.param(["--log.level=warn"], "loggerLevel", "WARN", id="Prometheus' level"),
        pytest.param(["--log.format=logfmt"], "loggerFormat", "default", id="Prometheus' format"),
        pytest.param(["-help"], "help", "built", id="help alone"),
        pytest.param(["-h"], "help", "built", id="help in short"),
        pytest.param(["--help=remoteWrite"], "help", "remoteWrite", id="help on a group"),
        pytest.param(
            ["-promscrape.config=a", "-promscrape.config=a"],
            "promscrape.config",
            "a",
            id="twice the same",
        ),
    ],
)
def test_value(argv: list[str], name: str, value: object) -> None:
    values = parse(argv, {})
    assert values[name] == value
    assert values.warnings == ()


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        pytest.param(
            ["-promscrap.config=x"],
            "-promscrap.config: unknown flag; did you mean -promscrape.config?",
            id="a misspelt flag",
        ),
        pytest.param(
            ["-remotewrite.URL=x"],
            "-remotewrite.URL: unknown flag; did you mean -remoteWrite.url?",
            id="another case",
        ),
        pytest.param(
            ["-xyzzy"],
            "-xyzzy: unknown flag; promferry -help lists the flags",
            id="nothing is near",
        ),
        pytest.param(
            ["-dryRun", "false"],
            "unexpected argument (a boolean takes its value after '=': -dryRun=false): 'false'",
            id="a boolean's value as the next argument",
        ),
        pytest.param(["a"], "unexpected argument: 'a'", id="a stray argument"),
        pytest.param(["-"], "unexpected argument: '-'", id="a dash alone"),
        pytest.param(["--", "a"], "unexpected argument: 'a'", id="after the end of flags"),
        pytest.param(["---x"], "not a flag: '---x'", id="three dashes"),
        pytest.param(["-=x"], "not a flag: '-=x'", id="no name"),
        pytest.param(
            ["-promscrape.config"], "-promscrape.config: needs a value (string)", id="no value"
        ),
        pytest.param(
            ["-promscrape.config", "-dryRun"],
            "-promscrape.config: needs a value (string), but the next flag follows: '-dryRun'",
            id="a flag where a value should be",
        ),
        pytest.param(
            ["-remoteWrite.flushInterval=5"],
            "-remoteWrite.flushInterval: a duration needs a unit, such as 5s: '5'",
            id="a duration without a unit",
        ),
        pytest.param(
            ["-remoteWrite.maxRowsPerBlock=1,x"],
            "-remoteWrite.maxRowsPerBlock: must be a whole number: 'x'",
            id="one bad item",
        ),
        pytest.param(
            ["-promscrape.cluster.name=x"],
            "not supported yet: -promscrape.cluster.name (sharing targets among several agents is "
            "not in this round)",
            id="a flag that is not built",
        ),
        pytest.param(
            ["--log.level=loud"],
            "-log.level: must be one of debug, info, warn, error: 'loud'",
            id="Prometheus' value that does not exist",
        ),
        pytest.param(
            ["-promscrape.config=a", "--config.file=b"],
            "-promscrape.config: means the same as -config.file and has another value; "
            "leave one out",
            id="two names of one flag disagree",
        ),
    ],
)
def test_error(argv: list[str], error: str) -> None:
    assert errors_of(*argv) == [error]


def test_all_errors_are_told_at_once() -> None:
    errors = errors_of("-foo", "stray", "-loggerLevel=x", "-eula=x", "-http.connTimeout=1")
    assert len(errors) == 5


@pytest.mark.parametrize("argv", [["-x"] * 50_000, ["--", *["x"] * 50_000]], ids=["flags", "words"])
def test_mistakes_without_end_are_cut(argv: list[str]) -> None:
    assert len(errors_of(*argv)) in (50, 51)


def test_a_secret_is_not_told() -> None:
    errors = errors_of("-remoteWrite.basicAuth.password", "-httpAuth.password=hunter2")
    assert not any("hunter2" in error for error in errors)


@pytest.mark.parametrize(
    ("argv", "warnings"),
    [
        pytest.param(
            ["-promscrape.streamParse"],
            ["-promscrape.streamParse has no effect: bodies are always parsed in bounded steps"],
            id="a flag without effect",
        ),
        pytest.param(["-remoteWrite.keepDanglingQueues"], [], id="a flag that asks for what is so"),
        pytest.param(["--agent", "--web.enable-lifecycle"], [], id="Prometheus' agent mode"),
        pytest.param(
            ["--enable-feature=a,b"],
            [
                "-enable-feature=a,b has no effect: Prometheus' other feature flags mean nothing "
                "here"
            ],
            id="Prometheus' features",
        ),
        pytest.param(
            ["--enable-feature=agent,st-storage,created-timestamp-zero-ingestion"],
            [],
            id="features of Prometheus that are known",
        ),
        pytest.param(["--no-storage.agent.use-lockfile"], [], id="Prometheus' negation"),
        pytest.param(
            ["--storage.tsdb.path=/data"],
            [
                "-storage.tsdb.path has no effect: promferry scrapes and pushes; it stores and "
                "evaluates nothing"
            ],
            id="Prometheus' server mode",
        ),
        pytest.param(["-promscrape.cluster.membersCount=1"], [], id="a default needs no support"),
        pytest.param(
            ["-promscrape.config=a", "-promscrape.config=b"],
            ["-promscrape.config is given more than once; the last one counts"],
            id="the last one counts",
        ),
        pytest.param(
            ["-promscrape.config=%{NO}/a"],
            ["%{NO} stays as written: no such variable is set"],
            id="an unknown variable",
        ),
    ],
)
def test_warnings(argv: list[str], warnings: list[str]) -> None:
    assert list(parse(argv, {}).warnings) == warnings


def test_placeholders_in_arguments() -> None:
    environ = {"FILE": "/etc/%{NAME}.yml", "NAME": "p", "NOTHING": ""}
    values = parse(["-promscrape.config=%{FILE}", "%{NOTHING}"], environ)
    assert values["promscrape.config"] == "/etc/p.yml"


def test_a_question_is_answered_whatever_else_is_wrong() -> None:
    assert parse(["-foo", "-help=tls", "stray"], {})["help"] == "tls"
    assert parse(["-foo", "-version"], {})["version"] is True


WORDS = st.one_of(
    st.sampled_from([f"-{name}" for name in TABLE.spellings()]),
    st.builds("-{}={}".format, st.sampled_from(list(TABLE.spellings())), st.text(max_size=12)),
    st.sampled_from(["-", "--", "%{A}", "-envflag.enable", "true", "1s"]),
    st.text(max_size=12),
)


@given(
    st.lists(WORDS, max_size=5),
    st.dictionaries(st.sampled_from(["A", "B", "tls", "dryRun"]), st.text(max_size=8), max_size=3),
)
@settings(max_examples=200, deadline=None)
def test_any_command_line_gives_values_or_errors(argv: list[str], environ: dict[str, str]) -> None:
    try:
        values = parse(argv, environ)
    except FlagErrors as exc:
        lines = [str(error) for error in exc.errors]
    else:
        lines = []
        assert isinstance(values, Values)
        assert len(list(values.listing())) == len(TABLE.flags)
    assert not any("\n" in line for line in lines)
