"""Prefixes, credentials and headers, for every path of the table."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from tests.web.push.pushing import intake
from tests.web.snapshots import target, views
from web.access import Access
from web.app import create_app
from web.counts import PathCounts
from web.endpoints import BY_PATH, ENDPOINTS, UNAVAILABLE, Area, Endpoint
from web.front_settings import FrontSettings

KEYED = (Area.METRICS, Area.CONFIG, Area.FLAGS, Area.RELOAD, Area.DEBUG)
GOOD, BAD = ("ada", "secret"), ("ada", "wrong")


async def check(user: str, password: str) -> bool:
    return (user, password) == GOOD


def key_of(area: Area) -> str:
    return f"key-{area.name}"


BASIC = Access(basic=check)
KEYS = Access(keys={area: key_of(area).__eq__ for area in KEYED})
BOTH = Access(keys=KEYS.keys, basic=check)


@asynccontextmanager
async def asking(
    access: Access | None = None,
    settings: FrontSettings | None = None,
    *,
    host: str = "127.0.0.1",
    counts: PathCounts | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    app: Any = create_app(
        views(target()), access=access, settings=settings, counts=counts, intake=intake()
    )
    transport = httpx.ASGITransport(app=app, client=(host, 5))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8429") as session:
        session.headers.clear()
        yield session


async def status(
    endpoint: Endpoint, access: Access, key: str, basic: tuple[str, str] | None, host: str
) -> int:
    arguments = {"authKey": key} if key else {}
    auth = httpx.BasicAuth(*basic) if basic else None
    async with asking(access, host=host) as session:
        answer = await session.request(
            endpoint.methods[-1], endpoint.path, params=arguments, auth=auth
        )
    return answer.status_code


CREDENTIALS = {
    "nothing": ("", None),
    "the right password": ("", GOOD),
    "a wrong password": ("", BAD),
    "the right key": ("right", None),
    "a wrong key": ("wrong", None),
    "the right key and a wrong password": ("right", BAD),
    "a wrong key and the right password": ("wrong", GOOD),
}


def lets_in(endpoint: Endpoint, access: Access, key: str, basic: tuple[str, str] | None) -> bool:
    """The rules of web.access, said another way."""
    if endpoint.area is Area.OPEN:
        return True
    if endpoint.area in access.keys:
        return key == "right"
    return access.basic is None or basic == GOOD


@pytest.mark.parametrize("host", ["127.0.0.1", "10.0.0.9"])
@pytest.mark.parametrize("credentials", CREDENTIALS)
@pytest.mark.parametrize(
    "access", [Access(), BASIC, KEYS, BOTH], ids=["nobody is asked", "basic", "keys", "both"]
)
@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
async def test_every_path_against_every_credential(
    endpoint: Endpoint, access: Access, credentials: str, host: str
) -> None:
    key, basic = CREDENTIALS[credentials]
    text = key_of(endpoint.area) if key == "right" else key
    got = await status(endpoint, access, text, basic, host)
    has_shown = endpoint.area in access.keys or access.basic is not None
    if not lets_in(endpoint, access, key, basic):
        assert got == 401
    elif endpoint.needs_trust and host != "127.0.0.1" and not has_shown:
        assert got == 403
    else:
        # What is left without its arguments is told so; nobody was kept out.
        assert got in (200, 400, 404, 415)


@pytest.mark.parametrize("path", ["/nix", "/api/v1/nix", "/api/v1/query", "//targets", "/-/nix"])
async def test_no_other_path_is_open(path: str) -> None:
    async with asking(BASIC) as session:
        assert (await session.get(path)).status_code == 401


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !", "Basic YWRh", "Bearer x", "Basic /w==", "basic  "],
    ids=["none", "no text", "no base64", "no colon", "another scheme", "no UTF-8", "blanks"],
)
async def test_what_is_no_credential_is_asked_for_one(header: str) -> None:
    async with asking(BASIC) as session:
        answer = await session.get("/targets", headers={"authorization": header} if header else {})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Basic realm=")


@pytest.mark.parametrize(
    ("prefix", "path", "expected"),
    [
        pytest.param("", "/targets", 200, id="no prefix"),
        pytest.param("", "//targets", 200, id="a slash too many"),
        pytest.param("", "/prometheus/targets", 200, id="vmagent's alias"),
        pytest.param("", "/prometheus/api/v1/targets", 200, id="the alias for the API"),
        pytest.param("/agent", "/agent/targets", 200, id="behind the prefix"),
        pytest.param("/agent", "/agent/", 200, id="the root behind the prefix"),
        pytest.param("/agent", "/agent", 308, id="the prefix alone leads to its root"),
        pytest.param("/agent", "/agent/prometheus/targets", 200, id="the alias behind it"),
        pytest.param("/agent", "/targets", 404, id="without the prefix"),
        pytest.param("/agent", "/agentx/targets", 404, id="a name that begins like it"),
        pytest.param("/agent", "/-/healthy", 404, id="probes as well"),
    ],
)
async def test_a_path_prefix(prefix: str, path: str, expected: int) -> None:
    async with asking(settings=FrontSettings(path_prefix=prefix)) as session:
        answer = await session.get(path)
    assert answer.status_code == expected
    if expected == 308:
        assert answer.headers["location"] == "/agent/"


async def test_a_prefix_opens_no_way_around_the_credentials() -> None:
    settings = FrontSettings(path_prefix="/agent")
    async with asking(BASIC, settings) as session:
        for path in (
            "/agent/targets",
            "/agent//targets",
            "/agent/prometheus/targets",
            "/agent/%2e",
        ):
            assert (await session.get(path)).status_code == 401


async def test_headers_of_flags_replace_those_of_pages() -> None:
    settings = FrontSettings(headers={"x-frame-options": "SAMEORIGIN", "x-server-hostname": "a"})
    async with asking(settings=settings) as session:
        for path in ("/targets", "/nix"):
            headers = (await session.get(path, headers={"accept": "text/html"})).headers
            assert headers.get_list("x-frame-options") == ["SAMEORIGIN"]
            assert headers["x-server-hostname"] == "a"
            assert "access-control-allow-origin" not in headers


async def test_compression_can_be_switched_off() -> None:
    async with asking(settings=FrontSettings(compresses=False)) as session:
        answer = await session.get("/api/v1/openapi.json", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers


async def test_a_connection_can_be_for_one_request() -> None:
    async with asking(settings=FrontSettings(keeps_alive=False)) as session:
        assert (await session.get("/health")).headers["connection"] == "close"


async def test_paths_are_counted_and_strangers_as_one() -> None:
    counts = PathCounts()
    async with asking(counts=counts) as session:
        for path in ("/health", "/health", "/nix", "/api/v1/metadata?limit=x", "/nix2"):
            await session.get(path)
    statistics = counts.statistics()
    assert statistics.requests == {"/health": 2, "*": 2, "/api/v1/metadata": 1}
    assert statistics.errors == {"/health": 0, "*": 2, "/api/v1/metadata": 1}


@pytest.mark.parametrize("path", UNAVAILABLE)
async def test_what_an_agent_has_not_is_said_as_prometheus_says_it(path: str) -> None:
    async with asking() as session:
        answer = await session.get(path)
    assert answer.status_code == 422
    assert answer.json() == {
        "status": "error",
        "errorType": "execution",
        "error": "unavailable with Prometheus Agent",
    }


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
async def test_every_path_answers_what_its_description_says(endpoint: Endpoint) -> None:
    async with asking() as session:
        description = (await session.get("/api/v1/openapi.json")).json()
        answer = await session.request(endpoint.methods[-1], endpoint.path)
    operation = description["paths"][endpoint.path][endpoint.methods[-1].lower()]
    described = operation["responses"][str(answer.status_code)]["content"]
    assert answer.headers["content-type"] in described
    if answer.headers["content-type"] == "application/json":
        schema = described["application/json"]["schema"]
        assert set(schema["required"]) <= answer.json().keys()
    assert BY_PATH[endpoint.path] is endpoint
