"""Where credentials come from, in which order, what is asked for, what goes wrong."""

import json
import traceback
from collections.abc import Mapping
from pathlib import Path

import pytest
import trio

from tests.transport.asked import Asked, FakeFetch, reply
from transport.aws.account import Account, Accounts
from transport.aws.profile import Profiles
from transport.aws.sts import endpoint
from transport.errors import TransportError
from transport.files import Watch
from transport.renewal import HOLD_OFF_S, Renewed
from transport.response import Response
from transport.secret import Secret
from transport.settings import SigV4

Clock = trio.testing.MockClock

NOW_S = 1_700_000_000.0
END = "2023-11-14T23:13:20Z"  # an hour later
KEYS = {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "s-env"}
ROLE = "arn:aws:iam::1:role/r"


def keys_of(name: str) -> str:
    return json.dumps(
        {"AccessKeyId": name, "SecretAccessKey": f"s-{name}", "Token": f"t-{name}"}
        | {"Expiration": END}
    )


def sts_answer(name: str) -> str:
    fields = {"AccessKeyId": name, "SecretAccessKey": f"s-{name}", "SessionToken": f"t-{name}"}
    text = "".join(f"<{key}>{value}</{key}>" for key, value in fields.items())
    result = f"<Credentials>{text}<Expiration>{END}</Expiration></Credentials>"
    return f'<AssumeRoleResponse xmlns="x"><R>{result}</R></AssumeRoleResponse>'


def amazon(asked: Asked) -> Response:
    """STS, the EC2 metadata service and the one of a container."""
    if asked.form:
        source = asked.headers.get("authorization", "Credential=/").split("Credential=")[1]
        return reply(200, sts_answer(f"role-of-{source.split('/')[0] or asked.form['RoleArn']}"))
    path = asked.url.partition("://")[2].partition("/")[2]
    answers = {
        "latest/api/token": "IMDS-TOKEN\n",
        "latest/meta-data/iam/security-credentials/": "the-role\n",
        "latest/meta-data/iam/security-credentials/the-role": keys_of("AKEC2"),
        "latest/meta-data/placement/region": "eu-ec2-1",
        "creds": keys_of("AKECS"),
    }
    assert path == "latest/api/token" or asked.method == "GET"
    return reply(200, answers[path]) if path in answers else reply(404)


def source_of(
    fetch: FakeFetch, settings: SigV4, environment: Mapping[str, str]
) -> Renewed[Account]:
    accounts = Accounts(settings, fetch, environment, lambda: NOW_S)
    return Renewed(accounts.place, accounts.lease, margin_s=300)


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing is configured."""
    (tmp_path / ".aws").mkdir()
    return {"HOME": str(tmp_path), "AWS_REGION": "eu-env-1"}


def write_files(home: Mapping[str, str], config: str = "", credentials: str = "") -> None:
    (Path(home["HOME"]) / ".aws" / "config").write_text(config)
    (Path(home["HOME"]) / ".aws" / "credentials").write_text(credentials)


CREDENTIALS = """\
[default]
aws_access_key_id = AKDEFAULT
aws_secret_access_key = s-default
[other]
aws_access_key_id=AKOTHER
aws_secret_access_key=s-other
aws_session_token=t-other
"""
CONFIG = """\
[default]
region = eu-file-1
[profile other]
region = eu-other-1
[profile leaning]
role_arn = arn:leaning
source_profile = other
[profile machine]
role_arn = arn:machine
credential_source = Ec2InstanceMetadata
[profile web]
role_arn = arn:web
web_identity_token_file = {token}
[profile self]
role_arn = arn:self
source_profile = loop
[profile loop]
role_arn = arn:loop
source_profile = self
[profile single]
sso_start_url = https://x
[profile program]
credential_process = echo '{{"Version": 1, "AccessKeyId": "AKPROG", "SecretAccessKey": "s"}}'
"""


@pytest.mark.parametrize(
    ("settings", "environment", "key"),
    [
        pytest.param(
            SigV4(access_key="AKSET", secret_key=Secret("s")), KEYS, "AKSET", id="the settings win"
        ),
        pytest.param(SigV4(profile="other"), KEYS, "AKOTHER", id="a profile asked for by name"),
        pytest.param(SigV4(), KEYS, "AKENV", id="the environment before the default profile"),
        pytest.param(SigV4(), {}, "AKDEFAULT", id="the default profile"),
        pytest.param(SigV4(), {"AWS_PROFILE": "other"}, "AKOTHER", id="AWS_PROFILE"),
        pytest.param(SigV4(profile="leaning"), {}, "role-of-AKOTHER", id="a source profile"),
        pytest.param(SigV4(profile="machine"), {}, "role-of-AKEC2", id="a machine's role assumed"),
        pytest.param(SigV4(role_arn=ROLE), KEYS, "role-of-AKENV", id="a role in the settings"),
        pytest.param(
            SigV4(role_arn=ROLE, profile="leaning"), {}, "role-of-role-of-AKOTHER", id="two roles"
        ),
    ],
)
async def test_the_chain(
    autojump_clock: Clock,
    home: dict[str, str],
    settings: SigV4,
    environment: dict[str, str],
    key: str,
) -> None:
    write_files(home, CONFIG.format(token="/nowhere"), CREDENTIALS)
    account = await source_of(FakeFetch(amazon), settings, home | environment).value()
    assert account.credentials.access_key == key
    assert account.region == "eu-env-1"


@pytest.mark.parametrize(
    ("settings", "environment", "region"),
    [
        pytest.param(SigV4(region="eu-set-1"), {"AWS_REGION": "x"}, "eu-set-1", id="the settings"),
        pytest.param(SigV4(), {"AWS_DEFAULT_REGION": "eu-d-1"}, "eu-d-1", id="the environment"),
        pytest.param(SigV4(profile="other"), {}, "eu-other-1", id="the profile"),
        pytest.param(SigV4(profile="single"), {}, "eu-ec2-1", id="the machine"),
    ],
)
async def test_the_region(
    autojump_clock: Clock,
    home: dict[str, str],
    settings: SigV4,
    environment: dict[str, str],
    region: str,
) -> None:
    del home["AWS_REGION"]
    write_files(home, CONFIG.format(token=""), CREDENTIALS)
    accounts = Accounts(settings, FakeFetch(amazon), home | environment, lambda: NOW_S)
    profiles = Profiles(home | environment, Watch(), settings.profile, lambda: NOW_S)
    assert await accounts._region(profiles) == region


async def test_a_machines_role(autojump_clock: Clock, home: dict[str, str]) -> None:
    fetch = FakeFetch(amazon)
    account = await source_of(fetch, SigV4(), home).value()
    assert account.credentials.access_key == "AKEC2"
    assert account.credentials.session_token == Secret("t-AKEC2")
    base = "http://169.254.169.254/latest"
    assert [(one.method, one.url) for one in fetch.asked] == [
        ("PUT", f"{base}/api/token"),
        ("GET", f"{base}/meta-data/iam/security-credentials/"),
        ("PUT", f"{base}/api/token"),
        ("GET", f"{base}/meta-data/iam/security-credentials/the-role"),
    ]
    assert fetch.asked[1].headers["x-aws-ec2-metadata-token"] == "IMDS-TOKEN"


async def test_a_metadata_service_elsewhere(autojump_clock: Clock, home: dict[str, str]) -> None:
    fetch = FakeFetch(amazon)
    home["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1/"
    await source_of(fetch, SigV4(), home).value()
    assert {one.url.partition("/latest")[0] for one in fetch.asked} == {"http://127.0.0.1:1"}


async def test_credentials_are_renewed_before_they_end(
    autojump_clock: Clock, home: dict[str, str]
) -> None:
    fetch = FakeFetch(amazon, seconds=0)
    source = source_of(fetch, SigV4(), home)
    await source.value()
    await trio.sleep(3600 - 300)
    assert source.maybe_value() is not None
    await trio.sleep(0.001)
    assert source.maybe_value() is None


async def test_old_credentials_serve_while_renewal_fails(
    autojump_clock: Clock, home: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    fetch = FakeFetch(amazon, seconds=0)
    source = source_of(fetch, SigV4(), home)
    await source.value()
    fetch.answer = lambda asked: reply(500)
    await trio.sleep(3400)
    for _ in range(3):
        assert (await source.value()).credentials.access_key == "AKEC2"
        await trio.sleep(HOLD_OFF_S)
    assert len(caplog.records) == 1  # told once
    await trio.sleep(200)
    with pytest.raises(TransportError, match=r"EC2 metadata service .* gives no token"):
        await source.value()


@pytest.mark.parametrize(
    ("environment", "url", "token"),
    [
        pytest.param(
            {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/creds"},
            "http://169.254.170.2/creds",
            None,
            id="ECS",
        ),
        pytest.param(
            {
                "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:9/creds",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN": "T",
            },
            "http://127.0.0.1:9/creds",
            "T",
            id="a full URL on this host",
        ),
    ],
)
async def test_a_containers_role(
    autojump_clock: Clock,
    home: dict[str, str],
    environment: dict[str, str],
    url: str,
    token: str | None,
) -> None:
    fetch = FakeFetch(amazon)
    account = await source_of(fetch, SigV4(), home | environment).value()
    assert account.credentials.access_key == "AKECS"
    assert fetch.asked[0].url == url
    assert fetch.asked[0].headers.get("authorization") == token


async def test_a_containers_token_file_is_followed(
    autojump_clock: Clock, home: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    home |= {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/creds",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(path),
    }
    fetch = FakeFetch(amazon)
    source = source_of(fetch, SigV4(), home)
    await source.value()
    assert source.maybe_value() is not None
    path.write_text("second")
    assert source.maybe_value() is None
    await source.value()
    assert [one.headers["authorization"] for one in fetch.asked] == ["one", "second"]


async def test_a_web_identity(autojump_clock: Clock, home: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("JWT\n")
    home |= {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(path)}
    fetch = FakeFetch(amazon)
    account = await source_of(fetch, SigV4(), home).value()
    assert account.credentials.access_key == f"role-of-{ROLE}"
    (asked,) = fetch.asked
    assert asked.url == "https://sts.eu-env-1.amazonaws.com/"
    assert "authorization" not in asked.headers
    assert asked.form == {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": ROLE,
        "RoleSessionName": "promferry",
        "WebIdentityToken": "JWT",
    }


async def test_a_profile_with_a_web_identity(
    autojump_clock: Clock, home: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("JWT")
    write_files(home, CONFIG.format(token=tmp_path / "token"))
    account = await source_of(FakeFetch(amazon), SigV4(profile="web"), home).value()
    assert account.credentials.access_key == "role-of-arn:web"


async def test_an_assumed_role(autojump_clock: Clock, home: dict[str, str]) -> None:
    fetch = FakeFetch(amazon)
    settings = SigV4(role_arn=ROLE, external_id="E", sts_endpoint="http://127.0.0.1:5/sts")
    await source_of(fetch, settings, home | KEYS).value()
    (asked,) = fetch.asked
    assert asked.url == "http://127.0.0.1:5/sts"
    assert asked.headers["host"] == "127.0.0.1:5"
    assert asked.form["ExternalId"] == "E"
    scope = "Credential=AKENV/20231114/eu-env-1/sts/aws4_request"
    assert scope in asked.headers["authorization"]


@pytest.mark.parametrize(
    ("settings", "region", "url"),
    [
        pytest.param(SigV4(), "eu-1", "https://sts.eu-1.amazonaws.com/", id="the region's"),
        pytest.param(SigV4(), "cn-1", "https://sts.cn-1.amazonaws.com.cn/", id="China"),
        pytest.param(
            SigV4(use_fips_sts_endpoint=True),
            "us-1",
            "https://sts-fips.us-1.amazonaws.com/",
            id="FIPS",
        ),
        pytest.param(SigV4(sts_endpoint="sts.x"), "us-1", "https://sts.x", id="no scheme"),
    ],
)
def test_where_sts_is(settings: SigV4, region: str, url: str) -> None:
    assert endpoint(settings, region, {}) == url


async def test_a_wrong_clock_is_noticed_by_sts(autojump_clock: Clock, home: dict[str, str]) -> None:
    """The machine believes in 2023, STS in an hour later."""

    def strict(asked: Asked) -> Response:
        date = "Tue, 14 Nov 2023 23:00:00 GMT"
        if "T2300" not in asked.headers["x-amz-date"]:
            return reply(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>", date=date)
        return reply(200, sts_answer("AK"), date=date)

    account = await source_of(FakeFetch(strict), SigV4(role_arn=ROLE), home | KEYS).value()
    assert account.credentials.access_key == "AK"


@pytest.mark.parametrize(
    ("settings", "environment", "words"),
    [
        pytest.param(SigV4(profile="none"), {}, "there is no AWS profile none", id="no profile"),
        pytest.param(SigV4(profile="self"), {}, "leans on itself", id="a circle"),
        pytest.param(SigV4(profile="single"), {}, "uses SSO, which promferry cannot", id="SSO"),
        pytest.param(
            SigV4(),
            {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": "r"},
            "the web identity token file /nowhere: No such",
            id="no token file",
        ),
        pytest.param(
            SigV4(),
            {"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere"},
            "needs AWS_ROLE_ARN",
            id="no role",
        ),
        pytest.param(
            SigV4(),
            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/x"},
            "must be https, or lead to this host",
            id="a container's token in the clear",
        ),
        pytest.param(
            SigV4(profile="nothing"),
            {"AWS_EC2_METADATA_DISABLED": "true"},
            "no AWS cred",
            id="none",
        ),
    ],
)
async def test_what_goes_wrong(
    autojump_clock: Clock,
    home: dict[str, str],
    settings: SigV4,
    environment: dict[str, str],
    words: str,
) -> None:
    write_files(home, CONFIG.format(token="") + "[profile nothing]\noutput = json\n")
    with pytest.raises(TransportError, match=words) as caught:
        await source_of(FakeFetch(amazon), settings, home | environment).value()
    assert caught.value.kind == "auth"


async def test_what_sts_refuses(autojump_clock: Clock, home: dict[str, str]) -> None:
    fetch = FakeFetch(lambda asked: reply(403, "<E><Code>AccessDenied</Code></E> s-env"))
    with pytest.raises(TransportError, match=r"refuses AssumeRole .* with 403: AccessDenied") as e:
        await source_of(fetch, SigV4(role_arn=ROLE), home | KEYS).value()
    assert "s-env" not in str(e.value)


async def test_a_broken_file_is_not_quoted(autojump_clock: Clock, home: dict[str, str]) -> None:
    write_files(home, credentials="aws_secret_access_key = s3cr3t\n[default]\nx\n")
    with pytest.raises(TransportError, match="is not a valid INI file") as caught:
        await source_of(FakeFetch(amazon), SigV4(), home).value()
    assert "s3cr3t" not in "".join(traceback.format_exception(caught.value))


async def test_the_credentials_file_is_followed(
    autojump_clock: Clock, home: dict[str, str]
) -> None:
    write_files(home, credentials=CREDENTIALS)
    source = source_of(FakeFetch(amazon), SigV4(), home)
    assert (await source.value()).credentials.access_key == "AKDEFAULT"
    write_files(home, credentials=CREDENTIALS.replace("AKDEFAULT", "AKRENEWED"))
    assert source.maybe_value() is None
    assert (await source.value()).credentials.access_key == "AKRENEWED"


async def test_a_program_gives_credentials(home: dict[str, str]) -> None:
    write_files(home, CONFIG.format(token=""))
    account = await source_of(FakeFetch(amazon), SigV4(profile="program"), home).value()
    assert account.credentials.access_key == "AKPROG"
