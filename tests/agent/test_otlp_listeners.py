"""What flags say of OTLP's own listeners, and every mistake in them."""

import pytest

from agent.flags.errors import FlagErrors
from agent.flags.parser import parse
from agent.otlp_listeners import OtlpListeners, otlp_listeners
from web.tls_settings import ServerTls


def listeners_of(*argv: str) -> OtlpListeners:
    return otlp_listeners(parse(argv, {}))


@pytest.mark.parametrize(
    ("flags", "addresses"),
    [
        pytest.param((), (), id="none"),
        pytest.param(("-otlp.httpListenAddr=:4318",), (":4318",), id="one"),
        pytest.param(
            ("-otlp.grpcListenAddr=:4317", "-otlp.httpListenAddr=:4318"),
            (":4318", ":4317"),
            id="both",
        ),
        pytest.param(
            ("-otlp.grpcListenAddr=:4317", "-otlp.httpListenAddr=:4317"),
            (":4317",),
            id="one for both, as each speaks all",
        ),
    ],
)
def test_addresses(flags: tuple[str, ...], addresses: tuple[str, ...]) -> None:
    assert listeners_of(*flags) == OtlpListeners(addresses=addresses)


def test_tls() -> None:
    tls = listeners_of(
        "-otlp.tls",
        "-otlp.tlsCertFile=a.pem",
        "-otlp.tlsKeyFile=a.key",
        "-otlp.mtls",
        "-otlp.mtlsCAFile=ca.pem",
    ).tls
    assert tls == ServerTls(
        cert_file="a.pem",
        key_file="a.key",
        client_certificates="required",
        client_ca_file="ca.pem",
        http2=True,
    )


@pytest.mark.parametrize(
    ("flags", "wrong"),
    [
        pytest.param(("-otlp.httpListenAddr=x:y:z",), ["otlp.httpListenAddr"], id="no address"),
        pytest.param(
            ("-otlp.tls",), ["otlp.tlsCertFile", "otlp.tlsKeyFile"], id="TLS without files"
        ),
        pytest.param(("-otlp.mtls",), ["otlp.mtls"], id="certificates of clients without TLS"),
        pytest.param(
            ("-otlp.httpAuth.username=u",), ["otlp.httpAuth.username"], id="a user, no password"
        ),
        pytest.param(
            ("-otlp.httpAuth.password=p",), ["otlp.httpAuth.password"], id="a password, no user"
        ),
        pytest.param(
            ("-otlp.mtls", "-otlp.httpAuth.username=u"),
            ["otlp.httpAuth.username", "otlp.mtls"],
            id="every mistake at once",
        ),
    ],
)
def test_mistakes(flags: tuple[str, ...], wrong: list[str]) -> None:
    with pytest.raises(FlagErrors) as caught:
        listeners_of(*flags)
    assert sorted(error.name for error in caught.value.errors) == wrong


@pytest.mark.parametrize(
    ("user", "password", "may_enter"),
    [
        pytest.param("u", "p", True, id="both right"),
        pytest.param("u", "x", False, id="another password"),
        pytest.param("x", "p", False, id="another user"),
        pytest.param("", "", False, id="nothing"),
    ],
)
async def test_basic(user: str, password: str, may_enter: bool) -> None:
    check = listeners_of("-otlp.httpAuth.username=u", "-otlp.httpAuth.password=p").basic()
    assert check is not None
    assert await check(user, password) is may_enter


def test_bearer() -> None:
    is_right = listeners_of("-otlp.bearerToken=secret").bearer()
    assert is_right is not None
    assert [is_right(text) for text in ("secret", "secre", "")] == [True, False, False]


def test_nobody_is_asked_by_default() -> None:
    listeners = listeners_of("-otlp.httpListenAddr=:4318")
    assert (listeners.basic(), listeners.bearer(), listeners.tls) == (None, None, None)


def test_no_secret_is_shown() -> None:
    listeners = listeners_of("-otlp.bearerToken=hidden-token")
    assert "hidden-token" not in repr(listeners)
