"""What flags say of the server, and the mistakes that are told."""

import pytest

from agent.flags.errors import FlagErrors
from agent.flags.parser import parse
from agent.web_settings import WebSettings, admission_of, web_settings
from web.endpoints import Area
from web.tls_settings import ServerTls


def settings_of(*argv: str) -> WebSettings:
    return web_settings(parse(argv, {}))


def test_without_flags_nobody_is_asked_and_nothing_is_encrypted() -> None:
    settings = settings_of()
    assert settings.addresses == (":8429",)
    assert settings.tls == (None,)
    access = settings.access()
    assert (access.keys, access.basic) == ({}, None)
    assert settings.limits.stop_grace_s + 2 < 5  # a stop takes less than five seconds in all


def test_each_address_has_its_own_tls() -> None:
    settings = settings_of(
        "-httpListenAddr=:1,:2,unix:/run/a.sock",
        "-tls=false,true",
        "-tlsCertFile=,b.pem",
        "-tlsKeyFile=,b.key",
        "-tlsMinVersion=,TLS13",
        "-mtls=false,true",
        "-mtlsCAFile=,ca.pem",
        "-tlsCipherSuites=A,B",
    )
    assert settings.tls == (
        None,
        ServerTls(
            cert_file="b.pem",
            key_file="b.key",
            min_version="TLS13",
            cipher_suites=("A", "B"),
            client_certificates="required",
            client_ca_file="ca.pem",
        ),
        None,
    )


@pytest.mark.parametrize(
    ("argv", "error"),
    [
        pytest.param(["-httpListenAddr=8429"], "-httpListenAddr: the port is missing", id="port"),
        pytest.param(["-tls"], "-tlsCertFile: is missing; -tls needs", id="no certificate"),
        pytest.param(["-mtls"], "-mtls: needs -tls", id="mtls alone"),
        pytest.param(
            ["-tls", "-tlsCertFile=a", "-tlsKeyFile=b", "-tlsMinVersion=SSL3"],
            "-tlsMinVersion: must be one of TLS10",
            id="an unknown version",
        ),
        pytest.param(["-httpAuth.username=a"], "needs -httpAuth.password", id="no password"),
        pytest.param(["-httpAuth.password=a"], "needs -httpAuth.username", id="no name"),
        pytest.param(["-http.header.hsts=a\nb"], "-http.header.hsts: is no value", id="a header"),
    ],
)
def test_a_mistake(argv: list[str], error: str) -> None:
    with pytest.raises(FlagErrors) as caught:
        settings_of(*argv)
    assert any(error in str(one) for one in caught.value.errors)
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize(
    ("argv", "prefix"),
    [
        pytest.param(["-http.pathPrefix=/a/"], "/a", id="slashes"),
        pytest.param(["-http.pathPrefix=a/b"], "/a/b", id="no slash in front"),
        pytest.param(["-http.pathPrefix=/"], "", id="the root is no prefix"),
        pytest.param(["--web.route-prefix=/p"], "/p", id="Prometheus' name"),
    ],
)
def test_a_prefix(argv: list[str], prefix: str) -> None:
    assert settings_of(*argv).front.path_prefix == prefix


def test_headers() -> None:
    front = settings_of(
        "-http.header.csp=default-src 'self'", "-http.header.frameOptions=DENY"
    ).front
    assert front.headers["content-security-policy"] == "default-src 'self'"
    assert front.headers["x-frame-options"] == "DENY"
    assert "x-server-hostname" in front.headers
    quiet = settings_of("-http.header.disableServerHostname").front
    assert quiet.headers == {}


async def test_keys_and_passwords_are_compared() -> None:
    access = settings_of(
        "-httpAuth.username=ada", "-httpAuth.password=ä-secret", "-metricsAuthKey=key"
    ).access()
    assert access.keys.keys() == {Area.METRICS}
    assert access.keys[Area.METRICS]("key")
    assert not access.keys[Area.METRICS]("keys")
    assert access.basic is not None
    assert await access.basic("ada", "ä-secret")
    assert not await access.basic("bob", "ä-secret")
    assert not await access.basic("ada", "")


async def test_a_password_from_a_file_lets_nobody_in_before_it_was_read() -> None:
    settings = settings_of("-httpAuth.username=ada", "-httpAuth.password=file:///nowhere")
    access = settings.access()
    assert access.basic is not None
    assert not await access.basic("ada", "")
    assert not await access.basic("ada", "file:///nowhere")
    settings.passwords["httpAuth.password"].accept(b"read\n", 0.0)
    assert await access.basic("ada", "read")


async def test_either_the_flags_user_or_one_of_the_file() -> None:
    async def of_file(user: str, password: str) -> bool:
        return user == "bob"

    access = settings_of("-httpAuth.username=ada", "-httpAuth.password=x").access(of_file)
    assert access.basic is not None
    assert await access.basic("ada", "x")
    assert await access.basic("bob", "anything")
    assert not await access.basic("eve", "x")


def test_pushes_are_bounded() -> None:
    sizes = ["-maxInsertRequestSize=1KiB", "-opentelemetry.maxRequestSize=2KiB"]
    admission = admission_of(parse(["-maxConcurrentInserts=3", *sizes], {}))
    assert admission.statistics().capacity == 3
    assert admission.max_request_bytes == 2048
