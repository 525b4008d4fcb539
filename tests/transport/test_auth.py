"""Header lines that say who we are; files are followed."""

import os
from pathlib import Path

import pytest

from transport.auth import Identity, header_line
from transport.errors import TransportError
from transport.files import TextFile
from transport.secret import Secret
from transport.settings import Authorization, BasicAuth, HeaderValues, HttpSettings


@pytest.mark.parametrize(
    ("settings", "lines"),
    [
        pytest.param(HttpSettings(), b"", id="nobody"),
        pytest.param(
            HttpSettings(basic_auth=BasicAuth(username="Aladdin", password=Secret("open sesame"))),
            b"Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n",
            id="basic (the example of RFC 7617)",
        ),
        pytest.param(
            HttpSettings(basic_auth=BasicAuth(username="test", password=Secret("123\xa3"))),
            b"Authorization: Basic dGVzdDoxMjPCow==\r\n",
            id="basic beyond ASCII (RFC 7617, 2.1)",
        ),
        pytest.param(
            HttpSettings(authorization=Authorization(credentials=Secret("t"))),
            b"Authorization: Bearer t\r\n",
            id="bearer",
        ),
        pytest.param(
            HttpSettings(authorization=Authorization(type="Api-Key", credentials=Secret("t"))),
            b"Authorization: Api-Key t\r\n",
            id="another type",
        ),
        pytest.param(
            HttpSettings(
                headers={"X-A": HeaderValues(values=("1", "2")), "X-B": HeaderValues(values=("3",))}
            ),
            b"X-A: 1\r\nX-A: 2\r\nX-B: 3\r\n",
            id="headers",
        ),
    ],
)
def test_lines(settings: HttpSettings, lines: bytes) -> None:
    assert Identity(settings).lines() == lines


def test_files_are_read_again_when_they_change(tmp_path: Path) -> None:
    user, password, header = (tmp_path / name for name in ("user", "password", "header"))
    user.write_text("u\n")
    password.write_text(" p \r\n")
    header.write_text("v1\n")
    identity = Identity(
        HttpSettings(
            basic_auth=BasicAuth(username_file=str(user), password_file=str(password)),
            headers={"X": HeaderValues(files=(str(header),))},
        )
    )
    assert identity.lines() == b"Authorization: Basic dTpw\r\nX: v1\r\n"
    header.write_text("v2\n")
    os.utime(header, ns=(1, 1))  # the clock of a file system may be too coarse for a test
    assert identity.lines() == b"Authorization: Basic dTpw\r\nX: v2\r\n"
    renewed = tmp_path / "renewed"
    renewed.write_text("q\n")
    renewed.rename(password)
    assert identity.lines().startswith(b"Authorization: Basic dTpx\r\n")
    password.unlink()
    with pytest.raises(TransportError, match=f"the password file {password}: No such file"):
        identity.lines()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"\xff\xfe", "not UTF-8", id="binary"),
        pytest.param(b"two\nlines", "control characters", id="two lines"),
    ],
)
def test_files_that_hold_no_credential(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "token"
    path.write_bytes(content)
    settings = HttpSettings(authorization=Authorization(credentials_file=str(path)))
    with pytest.raises(TransportError, match=words):
        Identity(settings).lines()


def test_a_directory_is_not_a_credential(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match=f"the token file {tmp_path}: Is a directory"):
        TextFile(str(tmp_path), "the token file").text()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        pytest.param("A", "b\r\nC: d", "the value of header A has", id="a line end in a value"),
        pytest.param("A", "b\x00", "the value of header A has", id="a zero in a value"),
        pytest.param("A b", "c", "not the name of a header", id="a blank in a name"),
        pytest.param("", "c", "not the name of a header", id="no name"),
    ],
)
def test_lines_that_would_not_be_one(name: str, value: str, words: str) -> None:
    with pytest.raises(TransportError, match=words) as caught:
        header_line(name, value)
    assert "C: d" not in str(caught.value)


def test_a_value_may_have_tabs_and_bytes_beyond_ascii() -> None:
    assert header_line("A", "b\tc\xe4") == b"A: b\tc\xc3\xa4\r\n"
