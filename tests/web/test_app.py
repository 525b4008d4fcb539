import gzip
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import trio

from tests.web.snapshots import NASTY, NOW_MS, down, target, views
from web.app import create_app
from web.views import ReloadResult, Views

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@asynccontextmanager
async def browsing(
    shown: Views | None = None, client: tuple[str, int] = ("127.0.0.1", 5)
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(shown or views(target(), down()), wall_s=lambda: NOW_MS / 1000)
    transport = httpx.ASGITransport(app=app, client=client)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8429") as session:
        session.headers.clear()  # httpx's own "accept-encoding: gzip" is not wanted here
        yield session


@pytest.mark.parametrize(
    ("path", "status", "media_type", "text"),
    [
        pytest.param("/", 200, "text/plain; charset=utf-8", "/api/v1/targets", id="the list"),
        pytest.param("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "up 1\n", id="m"),
        pytest.param("/health", 200, "text/plain; charset=utf-8", "OK", id="vmagent's health"),
        pytest.param("/-/healthy", 200, "text/plain; charset=utf-8", "is healthy", id="healthy"),
        pytest.param("/ready", 200, "text/plain; charset=utf-8", "OK", id="vmagent's ready"),
        pytest.param("/-/ready", 200, "text/plain; charset=utf-8", "OK", id="Prometheus' ready"),
        pytest.param("/targets", 200, "text/plain; charset=utf-8", "job=node (1/2 up)", id="t"),
        pytest.param("/api/v1/targets", 200, "application/json", '"status":"success"', id="API"),
        pytest.param("/target", 404, "text/plain; charset=utf-8", "mean /targets?", id="a hint"),
    ],
)
async def test_a_path_without_a_browser(path: str, status: int, media_type: str, text: str) -> None:
    async with browsing() as session:
        answer = await session.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == media_type
    assert text in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/targets"])
async def test_a_page_for_a_browser(path: str) -> None:
    async with browsing() as session:
        answer = await session.get(path, headers=BROWSER)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        for url in re.findall(r'(?:src|href)="([^"]+)"', answer.text):
            assert not url.startswith(("http:", "https:", "//")) or "9100/metrics" in url
        assert " style=" not in answer.text
        assert "<script>" not in answer.text
        for url in re.findall(r'"(static/[^"]+)"', answer.text):
            loaded = await session.get("/" + url)
            assert loaded.status_code == 200
            assert "immutable" in loaded.headers["cache-control"]


async def test_a_page_is_small() -> None:
    many = views(*[target(f"host-{number}.example") for number in range(500)])
    async with browsing(many) as session:
        answer = await session.get("/targets", headers={**BROWSER, "accept-encoding": "gzip"})
    assert int(answer.headers["content-length"]) < 60_000


async def test_markup_in_a_path_is_text() -> None:
    async with browsing() as session:
        answer = await session.get("/" + NASTY, headers=BROWSER)
    assert answer.headers["content-type"].startswith("text/plain")


@pytest.mark.parametrize("path", ["/static/nix.css", "/static/..%2fapp.py", "/static/__init__.py"])
async def test_only_the_named_files_are_served(path: str) -> None:
    async with browsing() as session:
        assert (await session.get(path)).status_code == 404


async def test_not_ready_is_told_with_a_status() -> None:
    async with browsing(views(is_ready=lambda: False)) as session:
        assert (await session.get("/-/ready")).status_code == 425
        assert (await session.get("/-/healthy")).status_code == 200


async def test_a_wrong_method_is_told_with_the_right_ones() -> None:
    async with browsing() as session:
        answer = await session.post("/metrics")
    assert answer.status_code == 405
    assert answer.headers["allow"] in ("GET, HEAD", "HEAD, GET")


async def test_the_targets_of_the_api_are_filtered() -> None:
    async with browsing() as session:
        answer = await session.get("/api/v1/targets?state=active&scrapePool=nix")
    assert json.loads(answer.text)["data"]["activeTargets"] == []


@pytest.mark.parametrize(
    ("offered", "packed"),
    [
        pytest.param("gzip", True, id="gzip"),
        pytest.param("br, GZIP;q=0.5", True, id="gzip among others"),
        pytest.param("gzip;q=0", False, id="gzip refused"),
        pytest.param("br", False, id="another"),
        pytest.param("", False, id="none"),
    ],
)
async def test_an_answer_is_packed_for_who_takes_it(offered: str, packed: bool) -> None:
    big = b"metric_name 1\n" * 20_000
    async with (
        browsing(views(metrics=lambda: big)) as session,
        session.stream("GET", "/metrics", headers={"accept-encoding": offered}) as got,
    ):
        body = b"".join([piece async for piece in got.aiter_raw()])
    assert (got.headers.get("content-encoding") == "gzip") is packed
    assert (gzip.decompress(body) if packed else body) == big
    assert got.headers["vary"] == "accept, accept-encoding"


async def test_a_small_answer_is_not_packed() -> None:
    async with browsing() as session:
        answer = await session.get("/metrics", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_reload_answers_with_its_result(method: str) -> None:
    async with browsing() as session:
        answer = await session.request(method, "/-/reload")
    assert (answer.status_code, answer.text) == (200, "reloaded\n")


async def test_a_failed_reload_answers_with_every_error() -> None:
    async def fail() -> ReloadResult:
        return ReloadResult(ok=False, errors=("a.yml:3:1: job_name: missing", "b"))

    async with browsing(views(reload=fail)) as session:
        answer = await session.post("/-/reload")
    assert answer.status_code == 400
    assert answer.text.splitlines()[1:] == ["a.yml:3:1: job_name: missing", "b"]


@pytest.mark.parametrize(
    ("method", "client", "headers", "status"),
    [
        pytest.param("POST", "10.0.0.9", {}, 403, id="from another host"),
        pytest.param("POST", "127.0.0.1", {"host": "evil.example"}, 403, id="DNS rebinding"),
        pytest.param("GET", "127.0.0.1", {"sec-fetch-site": "cross-site"}, 403, id="an image"),
        pytest.param("HEAD", "127.0.0.1", {}, 405, id="HEAD looks only"),
    ],
)
async def test_a_reload_that_is_not_done(
    method: str, client: str, headers: dict[str, str], status: int
) -> None:
    async def never() -> ReloadResult:
        raise AssertionError("reloaded")

    async with browsing(views(reload=never), (client, 5)) as session:
        answer = await session.request(method, "/-/reload", headers=headers)
    assert answer.status_code == status


async def test_a_failing_snapshot_is_500_and_raised_for_the_log() -> None:
    def fail() -> bytes:
        raise ZeroDivisionError

    app = create_app(views(metrics=fail))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as session:
        answer = await session.get("/metrics")
    assert answer.status_code == 500
    assert "the agent's log says why" in answer.text


async def test_a_big_answer_lets_others_run() -> None:
    many = views(*[target(str(number)) for number in range(3000)])
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            await trio.lowlevel.checkpoint()
            turns += 1

    async with browsing(many) as session, trio.open_nursery() as nursery:
        nursery.start_soon(count)
        answer = await session.get("/api/v1/targets")
        nursery.cancel_scope.cancel()
    assert len(answer.json()["data"]["activeTargets"]) == 3000
    assert turns > 5


async def test_the_tap_streams_events_of_valid_json() -> None:
    async with browsing() as session:
        answer = await session.get("/api/v1/tap?stage=relabelled")
    assert answer.headers["content-type"].startswith("text/event-stream")
    lines = [line for line in answer.text.splitlines() if line.startswith("data: ")]
    document = json.loads(lines[0].removeprefix("data: "))
    assert (document["series"], document["value"], document["skipped_total"]) == ("up", "NaN", 3)


async def test_a_tap_with_a_wrong_rate() -> None:
    async with browsing() as session:
        assert (await session.get("/api/v1/tap?per_s=fast")).status_code == 400
        assert (await session.get("/tap?per_s=inf")).status_code == 400
