"""From `-remoteWrite.*` to RemoteSettings."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.flags.errors import FlagErrors
from agent.flags.parser import parse
from agent.flags.remotes import (
    labels_from_flags,
    remotes_from_flags,
    section_defaults,
    unheard_flags,
)
from pushqueue.metered import DailyWindow, DataBudget, Period
from pushqueue.settings import RW1, RW2, QueueSettings, RemoteSettings, VmProto
from relabel.rule import RelabelRule
from transport.secret import Secret
from transport.settings import BasicAuth

RULES = {"/a.yml": (RelabelRule(action="drop"),), "http://r/b.yml": ()}
A, B = "-remoteWrite.url=http://a/w", "-remoteWrite.url=http://b/w"


def remotes_of(*argv: str) -> tuple[RemoteSettings, ...]:
    return remotes_from_flags(parse(argv, {}), RULES.__getitem__)


def errors_of(*argv: str) -> list[str]:
    with pytest.raises(FlagErrors) as caught:
        remotes_of(*argv)
    return [str(error) for error in caught.value.errors]


def test_no_url_is_no_remote() -> None:
    assert remotes_of() == ()
    assert remotes_of("-remoteWrite.url=") == ()


def test_vmagents_defaults() -> None:
    (remote,) = remotes_of(A)
    assert remote.url == "http://a/w"
    assert remote.send_timeout_s == 60
    assert remote.queue == QueueSettings(
        flush_interval_s=1,
        max_rows_per_block=10_000,
        max_block_bytes=8 * 2**20,
        spill_after_s=1,
        retry_min_interval_s=1,
        retry_max_interval_s=60,
        max_disk_bytes=0,
    )
    assert remote.http.basic_auth is None
    assert remote.http.authorization is None
    assert not remote.http.enable_http2


def test_queue_flags_by_position() -> None:
    first, second = remotes_of(
        A,
        B,
        "-remoteWrite.flushInterval=2s",
        "-remoteWrite.maxDiskUsagePerURL=,1GiB",
        "-remoteWrite.spillAfter=0,5s",
        "-remoteWrite.sendTimeout=10s",
    )
    assert (first.queue.flush_interval_s, second.queue.flush_interval_s) == (2, 2)
    assert (first.queue.max_disk_bytes, second.queue.max_disk_bytes) == (0, 2**30)
    assert (first.queue.spill_after_s, second.queue.spill_after_s) == (0, 5)
    assert (first.send_timeout_s, second.send_timeout_s) == (10, 10)


def test_the_queue_beyond_vmagent() -> None:
    (remote,) = remotes_of(
        A,
        "-remoteWrite.queues=4",
        "-remoteWrite.maxAge=1d",
        "-remoteWrite.minFreeDiskSpace=7.5%",
        "-remoteWrite.disableOnDiskQueue",
    )
    queue = remote.queue
    assert (queue.lanes, queue.max_age_s, queue.min_free_disk_percent) == (4, 86400, 7.5)
    assert queue.disable_disk


def test_statuses_that_a_remote_means_otherwise() -> None:
    first, second = remotes_of(A, B, "-remoteWrite.answers=403=refuse^^422=retry,")
    assert first.answers == {"403": "refuse", "422": "retry"}
    assert second.answers == {}


def test_rules_by_position() -> None:
    first, second = remotes_of(A, B, "-remoteWrite.urlRelabelConfig=/a.yml,http://r/b.yml")
    assert first.write_relabel_configs == RULES["/a.yml"]
    assert second.write_relabel_configs == ()


def test_labels() -> None:
    argv = ["-remoteWrite.label=a=b,c=d=e", "-remoteWrite.label=a=f"]
    assert labels_from_flags(parse(argv, {})) == {"a": "f", "c": "d=e"}


def test_bad_labels() -> None:
    with pytest.raises(FlagErrors) as caught:
        labels_from_flags(parse(["-remoteWrite.label==b,c"], {}))
    assert [str(error) for error in caught.value.errors] == [
        "-remoteWrite.label: is name=value: '=b'",
        "-remoteWrite.label: is name=value: 'c'",
    ]


def test_basic_authentication_by_position() -> None:
    first, second = remotes_of(
        A, B, "-remoteWrite.basicAuth.username=,u", "-remoteWrite.basicAuth.passwordFile=,p"
    )
    assert first.http.basic_auth is None
    assert second.http.basic_auth == BasicAuth(username="u", password_file=os.path.abspath("p"))


def test_user_and_password_of_the_url() -> None:
    (remote,) = remotes_of("-remoteWrite.url=http://u:p%40@a/w?x=y#z")
    assert remote.url == "http://a/w?x=y"
    assert remote.http.basic_auth == BasicAuth(username="u", password=Secret("p@"))


def test_a_token_wins_over_the_urls_user() -> None:
    (remote,) = remotes_of("-remoteWrite.url=http://u:p@a/w", "-remoteWrite.bearerToken=t")
    assert remote.http.basic_auth is None
    assert remote.http.authorization is not None
    assert remote.http.authorization.credentials == Secret("t")


def test_tls() -> None:
    (remote,) = remotes_of(
        A,
        "-remoteWrite.tlsCAFile=/ca",
        "-remoteWrite.tlsCertFile=c.pem",
        "-remoteWrite.tlsKeyFile=/k",
        "-remoteWrite.tlsServerName=n",
        "-remoteWrite.tlsInsecureSkipVerify",
    )
    tls = remote.http.tls
    assert (tls.ca_file, tls.cert_file, tls.key_file) == ("/ca", os.path.abspath("c.pem"), "/k")
    assert (tls.server_name, tls.insecure_skip_verify) == ("n", True)


def test_headers() -> None:
    (remote,) = remotes_of(A, "-remoteWrite.headers=X-A: b^^X-C:d:e^^X-A:f")
    shown = {
        name: [secret.reveal() for secret in one.secrets]
        for name, one in remote.http.headers.items()
    }
    assert shown == {"X-A": ["b", "f"], "X-C": ["d:e"]}


def test_a_name_names_the_queue() -> None:
    (remote,) = remotes_of(A, "-remoteWrite.name=site one")
    assert remote.name == "site one"
    assert remote.key.startswith("site_one")


@pytest.mark.parametrize(
    ("argv", "errors"),
    [
        pytest.param(
            [A, A],
            ["two remotes would share the queue", "give each a -remoteWrite.name"],
            id="a URL twice",
        ),
        pytest.param(
            [A, B, "-remoteWrite.name=x"], ["two remotes would share"], id="one name for two"
        ),
        pytest.param(
            ["-remoteWrite.url=ftp://a"], ["-remoteWrite.url: bad URL", "'ftp'"], id="no web scheme"
        ),
        pytest.param(["-remoteWrite.url=http://"], ["there is no host in it"], id="no host"),
        pytest.param(["-remoteWrite.url=http://a:99999/"], ["bad URL"], id="no such port"),
        pytest.param(["-remoteWrite.url=a:80/w"], ["bad URL"], id="no scheme"),
        pytest.param(
            [A, "-remoteWrite.tlsCertFile=c"],
            ["-remoteWrite.tlsCertFile: needs -remoteWrite.tlsKeyFile"],
            id="a certificate without its key",
        ),
        pytest.param(
            [A, "-remoteWrite.tlsKeyFile=k"],
            ["-remoteWrite.tlsKeyFile: needs -remoteWrite.tlsCertFile"],
            id="a key without its certificate",
        ),
        pytest.param(
            [A, "-remoteWrite.bearerToken=a", "-remoteWrite.basicAuth.username=b"],
            ["-remoteWrite.bearerToken: cannot be used together with -remoteWrite.basicAuth"],
            id="two ways to authenticate",
        ),
        pytest.param(
            [A, "-remoteWrite.bearerToken=a", "-remoteWrite.bearerTokenFile=b"],
            ["cannot be used together with -remoteWrite.bearerTokenFile"],
            id="a token and its file",
        ),
        pytest.param(
            [A, "-remoteWrite.basicAuth.password=a", "-remoteWrite.basicAuth.passwordFile=b"],
            ["cannot be used together with -remoteWrite.basicAuth.passwordFile"],
            id="a password and its file",
        ),
        pytest.param(
            [A, "-remoteWrite.retryMinInterval=2m"],
            ["-remoteWrite.retryMinInterval: must not be longer than"],
            id="the least wait above the longest",
        ),
        pytest.param([A, "-remoteWrite.headers=x"], ["name:value"], id="a header without a value"),
        pytest.param(
            [A, "-remoteWrite.headers=a b:c"], ["not the name of"], id="a blank in a name"
        ),
        pytest.param([A, "-remoteWrite.headers=Host:c"], ["set by the agent"], id="a reserved one"),
        pytest.param([A, '-remoteWrite.headers="X:a\\nb"'], ["characters"], id="a line feed"),
    ],
)
def test_errors(argv: list[str], errors: list[str]) -> None:
    (told,) = errors_of(*argv)
    for part in errors:
        assert part in told


def test_all_errors_are_told_and_no_secret() -> None:
    told = errors_of(
        "-remoteWrite.url=ftp://user:hunter2@a/?token=hunter2",
        B,
        "-remoteWrite.headers=x:hunter2\x01",
        "-remoteWrite.tlsKeyFile=k",
    )
    assert len(told) == 3
    assert not any("hunter2" in error for error in told)


@pytest.mark.parametrize(
    ("argv", "warnings"),
    [
        pytest.param([A, "-remoteWrite.sendTimeout=1s"], [], id="one for all"),
        pytest.param(
            [A, "-remoteWrite.sendTimeout=1s,2s"],
            ["-remoteWrite.sendTimeout has 2 values for 1 -remoteWrite.url"],
            id="more values than URLs",
        ),
        pytest.param([A, "-remoteWrite.label=a=b,c=d"], [], id="labels are for all"),
        pytest.param(["-remoteWrite.sendTimeout=1s"], [], id="a time is for the section too"),
        pytest.param(
            ["-remoteWrite.bearerToken=x"],
            [
                "-remoteWrite.bearerToken is for remotes from -remoteWrite.url only, "
                "and there is none"
            ],
            id="a token is not",
        ),
    ],
)
def test_flags_that_nobody_hears(argv: list[str], warnings: list[str]) -> None:
    assert list(unheard_flags(parse(argv, {}))) == warnings


def test_what_single_values_say_for_the_section() -> None:
    values = parse(
        [
            "-remoteWrite.flushInterval=2s",
            "-remoteWrite.maxDiskUsagePerURL=1GiB",
            "-remoteWrite.sendTimeout=1s,2s",
            "-remoteWrite.bearerToken=x",
        ],
        {},
    )
    defaults = section_defaults(values)
    assert defaults.flush_interval_s == 2
    assert defaults.max_disk_bytes == 2**30
    assert defaults.send_timeout_s is None
    assert defaults.max_rows_per_block is None


@given(url=st.text(max_size=30), prefix=st.sampled_from(["", "http://", "https://a", "http://[::"]))
@settings(max_examples=150, deadline=None)
def test_any_url_is_a_remote_or_an_error(url: str, prefix: str) -> None:
    try:
        remotes = remotes_of(f"-remoteWrite.url={prefix}{url}")
    except FlagErrors:
        remotes = ()
    assert all(remote.key for remote in remotes)


def test_a_bound_of_the_disk_holds_a_segment() -> None:
    (remote,) = remotes_of(A, "-remoteWrite.maxDiskUsagePerURL=5")
    assert remote.queue.max_disk_bytes == 2**20


@pytest.mark.parametrize(
    ("flags", "vm_proto"),
    [
        pytest.param((), VmProto.PROBE, id="asked for, as vmagent would use it"),
        pytest.param(("-remoteWrite.forcePromProto",), VmProto.OFF, id="never"),
        pytest.param(("-remoteWrite.forceVMProto",), VmProto.FORCED, id="always"),
    ],
)
def test_vm_proto(flags: tuple[str, ...], vm_proto: VmProto) -> None:
    (remote,) = remotes_of(A, *flags)
    assert remote.vm_proto is vm_proto


def test_what_is_sent_and_how() -> None:
    first, second = remotes_of(
        A,
        B,
        f"-remoteWrite.protobufMessage=,{RW2}",
        "-remoteWrite.sendExemplars=true,false",
        "-remoteWrite.sendNativeHistograms",
        "-remoteWrite.roundDigits=-1,2",
        "-remoteWrite.significantFigures=3",
        "-remoteWrite.vmProtoCompressLevel=-5",
        "-remoteWrite.maxRequestSize=1MiB",
        "-remoteWrite.disableMetadata=false,true",
        "-remoteWrite.maxMetadataPerBlock=10",
    )
    assert (first.protobuf_message, second.protobuf_message) == (RW1, RW2)
    assert (first.send_exemplars, second.send_exemplars) == (True, False)
    assert second.send_native_histograms
    assert (first.round_digits, second.round_digits) == (-1, 2)
    assert (second.significant_figures, second.zstd_level) == (3, -5)
    assert second.queue.max_request_bytes == 2**20
    assert (first.metadata.send, second.metadata.send) == (True, False)
    assert first.metadata.max_samples_per_send == 10


def test_no_metadata_at_all() -> None:
    (remote,) = remotes_of(A, "-enableMetadata=false")
    assert not remote.metadata.send


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (("-remoteWrite.protobufMessage=v3",), "must be prometheus.WriteRequest or io"),
        (("-remoteWrite.forceVMProto", "-remoteWrite.forcePromProto"), "cannot be used together"),
        (
            ("-remoteWrite.forceVMProto", f"-remoteWrite.protobufMessage={RW2}"),
            "is about prometheus.WriteRequest",
        ),
        (("-remoteWrite.maxMetadataPerBlock=0",), "must be 1 or more"),
    ],
)
def test_what_does_not_go_together(flags: tuple[str, ...], told: str) -> None:
    (error,) = errors_of(A, *flags)
    assert told in error


def test_limits_by_position() -> None:
    first, second = remotes_of(
        "-remoteWrite.url=http://a/,http://b/",
        "-remoteWrite.rateLimit=1000,",
        "-remoteWrite.dataBudget=,5MB/day",
        "-remoteWrite.backlogWindow=01:00-05:00",
        "-remoteWrite.obfuscateLabels=user^^ip,",
    )
    assert (first.rate_limit_bytes, second.rate_limit_bytes) == (1000, 0)
    assert (first.data_budget, second.data_budget) == (None, DataBudget(5_000_000, Period.DAY))
    assert first.backlog_window == second.backlog_window == DailyWindow(60, 300)
    assert (first.obfuscated_labels, second.obfuscated_labels) == (("user", "ip"), ())


def test_bad_limits() -> None:
    told = errors_of(
        "-remoteWrite.url=http://a/",
        "-remoteWrite.dataBudget=5MB",
        "-remoteWrite.backlogWindow=night",
    )
    assert len(told) == 2
    assert "2GiB/month" in told[0]
    assert "01:00-05:00" in told[1]
