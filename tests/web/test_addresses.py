import pytest

from web.addresses import AddressError, ListenAddress, TcpAddress, UnixAddress, parse_address


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(":8429", TcpAddress("", 8429), id="no host is all interfaces"),
        pytest.param("127.0.0.1:0", TcpAddress("127.0.0.1", 0), id="port 0 is a free one"),
        pytest.param("localhost:80", TcpAddress("localhost", 80), id="a name"),
        pytest.param("[::1]:65535", TcpAddress("::1", 65535), id="IPv6 in brackets"),
        pytest.param("[::]:1", TcpAddress("::", 1), id="all of IPv6"),
        pytest.param("unix:/run/a b.sock", UnixAddress("/run/a b.sock"), id="a unix socket"),
    ],
)
def test_an_address_and_how_it_is_shown(text: str, expected: ListenAddress) -> None:
    assert parse_address(text) == expected
    assert str(expected) == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("8429", "the port is missing", id="only a number"),
        pytest.param("", "the port is missing", id="nothing"),
        pytest.param("host:", "'' is no port", id="an empty port"),
        pytest.param("host:http", "'http' is no port", id="a port by name"),
        pytest.param("host:65536", "'65536' is no port", id="a port too high"),
        pytest.param("host:-1", "'-1' is no port", id="a negative port"),
        pytest.param("host:\N{SUPERSCRIPT TWO}", "is no port", id="a digit that is no number"),
        pytest.param("host:" + "9" * 5000, "is no port", id="a port of 5000 digits"),
        pytest.param("::1:80", "in brackets", id="IPv6 without brackets"),
        pytest.param("unix:", "the path is missing", id="a unix socket without a path"),
    ],
)
def test_a_bad_address_is_told_in_one_line(text: str, message: str) -> None:
    with pytest.raises(AddressError, match=message) as caught:
        parse_address(text)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250
