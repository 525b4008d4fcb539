"""Prometheus' web configuration: what is read, and every mistake."""

from pathlib import Path

import bcrypt
import pytest

from agent.basic_users import MAX_REMEMBERED, BasicUsers
from agent.web_config import WebConfig, WebConfigError, WebConfigFile, load_web_config
from tests.web.test_server import at_once
from web.tls_settings import ServerTls

HASH = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode()
FULL = f"""
tls_server_config:
  cert_file: a.pem
  key_file: /etc/a.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.pem
  client_allowed_sans: [scraper.example]
  min_version: TLS13
  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]
  prefer_server_cipher_suites: true
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
basic_auth_users:
  ada: {HASH}
"""


def written(tmp_path: Path, text: str) -> str:
    path = tmp_path / "web.yml"
    path.write_text(text)
    return str(path)


def test_everything_in_it_is_read(tmp_path: Path) -> None:
    assert load_web_config(written(tmp_path, FULL)) == WebConfig(
        tls=ServerTls(
            cert_file=str(tmp_path / "a.pem"),
            key_file="/etc/a.key",
            min_version="TLS13",
            client_certificates="required",
            client_ca_file=str(tmp_path / "ca.pem"),
            client_names=("scraper.example",),
            cipher_suites=("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",),
        ),
        users={"ada": HASH},
        headers={"X-Frame-Options": "deny"},
    )


@pytest.mark.parametrize("text", ["", "{}", "tls_server_config:\n", "basic_auth_users: {}\n"])
def test_an_empty_one_asks_for_nothing(tmp_path: Path, text: str) -> None:
    assert load_web_config(written(tmp_path, text)) == WebConfig()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param("a: [", "is no YAML at line", id="no YAML"),
        pytest.param("[1]", "the file must have keys", id="a list"),
        pytest.param("basic_auth: {}", "'basic_auth' is no key; tls_server_config", id="a key"),
        pytest.param("basic_auth_users: {a: b}", "that of 'a' is no bcrypt hash", id="no hash"),
        pytest.param("basic_auth_users: [a]", "must have a hash for each name", id="no users"),
        pytest.param("tls_server_config: {cert_file: a}", "key_file is missing", id="no key"),
        pytest.param(
            "tls_server_config: {cert_file: a, key_file: b, client_ca_file: c}",
            "needs a client_auth_type that verifies",
            id="a CA that nobody asks",
        ),
        pytest.param(
            "tls_server_config: {cert_file: a, key_file: b, client_auth_type: Maybe}",
            "client_auth_type must be one of NoClientCert",
            id="an unknown demand",
        ),
        pytest.param(
            "tls_server_config: {cert_file: a, key_file: b, "
            "client_auth_type: RequireAnyClientCert}",
            "proves nothing",
            id="a demand that proves nothing",
        ),
        pytest.param(
            "tls_server_config: {cert_file: a, key_file: b, min_version: SSL3}",
            "min_version must be one of TLS10",
            id="a version",
        ),
        pytest.param("http_server_config: {headers: {Server: x}}", "'Server' is no key", id="h"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, text: str, error: str) -> None:
    with pytest.raises(WebConfigError, match=r"web\.yml: ") as caught:
        load_web_config(written(tmp_path, text))
    assert error in str(caught.value)


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(WebConfigError) as caught:
        load_web_config(
            written(tmp_path, "a: 1\nbasic_auth_users: {a: b}\ntls_server_config: {c: 1}")
        )
    assert len(caught.value.errors) == 5


def test_a_missing_file_is_told() -> None:
    with pytest.raises(WebConfigError, match=r"/nowhere/web\.yml: cannot be read: No such file"):
        load_web_config("/nowhere/web.yml")


def test_a_file_that_breaks_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, FULL)
    file = WebConfigFile(path)
    written(tmp_path, "a: 1")
    assert "is no key" in file.refresh()
    assert file.current.users == {"ada": HASH}
    written(tmp_path, "")
    assert file.refresh() == ""
    assert file.current == WebConfig()


def test_hashes_are_not_shown(tmp_path: Path) -> None:
    assert HASH not in repr(load_web_config(written(tmp_path, FULL)))


@pytest.mark.parametrize(
    ("user", "password", "expected"),
    [
        pytest.param("ada", "secret", True, id="right"),
        pytest.param("ada", "Secret", False, id="wrong"),
        pytest.param("ada", "", False, id="empty"),
        pytest.param("ada", "x" * 5000, False, id="endless"),
        pytest.param("ada", "secret\0x", False, id="more behind a zero"),
    ],
)
async def test_a_password_against_its_hash(user: str, password: str, expected: bool) -> None:
    users = BasicUsers(lambda: {"ada": HASH}, at_once)
    for _ in range(2):
        assert await users.check(user, password) is expected


async def test_a_changed_hash_forgets_the_password() -> None:
    hashes = {"ada": HASH}
    users = BasicUsers(lambda: hashes, at_once)
    assert await users.check("ada", "secret")
    hashes["ada"] = bcrypt.hashpw(b"other", bcrypt.gensalt(4)).decode()
    assert not await users.check("ada", "secret")
    assert await users.check("ada", "other")


async def test_what_is_remembered_is_bounded() -> None:
    hashes = {str(number): HASH for number in range(MAX_REMEMBERED + 5)}
    users = BasicUsers(lambda: hashes, at_once)
    for user in hashes:
        assert await users.check(user, "secret")
    assert len(users._known) == MAX_REMEMBERED
