"""User and password leave URLs and addresses."""

import pytest

from transport.secret import Secret
from transport.settings import Authorization, BasicAuth, HttpSettings
from transport.userinfo import masked_address, split_address, split_userinfo, with_userinfo

ADA = BasicAuth(username="ada", password=Secret("pw"))


@pytest.mark.parametrize(
    ("address", "bare", "userinfo", "masked"),
    [
        pytest.param("h:1", "h:1", None, "h:1", id="none"),
        pytest.param(
            "http://h/m?x=1", "http://h/m?x=1", None, "http://h/m?x=1", id="none in a URL"
        ),
        pytest.param("http://ada:pw@h:1/m", "http://h:1/m", ADA, "http://<secret>@h:1/m", id="URL"),
        pytest.param("ada:pw@h:1/m", "h:1/m", ADA, "<secret>@h:1/m", id="no scheme"),
        pytest.param(
            "h:1/m?to=a@b", "h:1/m?to=a@b", None, "h:1/m?to=a@b", id="an @ in the query is none"
        ),
        pytest.param(
            "ada:pw@h?u=http://x@y",
            "h?u=http://x@y",
            ADA,
            "<secret>@h?u=http://x@y",
            id="a URL in the query is left alone",
        ),
        pytest.param(
            "https://u%40v@h",
            "https://h",
            BasicAuth(username="u@v"),
            "https://<secret>@h",
            id="escaped",
        ),
        pytest.param("@h", "h", BasicAuth(), "<secret>@h", id="an empty one"),
    ],
)
def test_split_address(address: str, bare: str, userinfo: BasicAuth | None, masked: str) -> None:
    assert split_address(address) == (bare, userinfo)
    assert masked_address(address) == masked


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("http://h/w", ("http://h/w", None), id="none"),
        pytest.param(
            "http://u:p%3A%40@h/w?x=1",
            ("http://h/w?x=1", BasicAuth(username="u", password=Secret("p:@"))),
            id="user and password",
        ),
        pytest.param("http://u@h/", ("http://h/", BasicAuth(username="u")), id="a user alone"),
        pytest.param(
            "http://u:a@b@h/",
            ("http://h/", BasicAuth(username="u", password=Secret("a@b"))),
            id="@",
        ),
    ],
)
def test_split_userinfo(url: str, expected: tuple[str, BasicAuth | None]) -> None:
    assert split_userinfo(url) == expected


@pytest.mark.parametrize(
    ("http", "userinfo", "expected"),
    [
        pytest.param(HttpSettings(), None, HttpSettings(), id="nothing"),
        pytest.param(HttpSettings(), ADA, HttpSettings(basic_auth=ADA), id="of the URL"),
        pytest.param(
            HttpSettings(authorization=Authorization()),
            ADA,
            HttpSettings(authorization=Authorization()),
            id="what is configured wins",
        ),
    ],
)
def test_with_userinfo(
    http: HttpSettings, userinfo: BasicAuth | None, expected: HttpSettings
) -> None:
    assert with_userinfo(http, userinfo) == expected
