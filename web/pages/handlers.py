"""What answers for pages, probes and plain texts: take a snapshot, hand it to a page, answer.

Never: reads anything but through `Views` and the request.
"""

from collections.abc import Callable, Iterable, Mapping
from urllib.parse import parse_qsl

from web.answer import HttpError, Response
from web.api.status import flags_text
from web.api.tap import wish_of
from web.api.targets import target_id
from web.bodies import read_body
from web.debugger import Debugger
from web.endpoints import ENDPOINTS
from web.pages.cardinality import cardinality_html
from web.pages.debugger import Ask, debugger_html
from web.pages.discovery import discovery_html
from web.pages.frame import page
from web.pages.markup import Markup
from web.pages.overview import Overview, overview_html
from web.pages.remotes import remotes_html
from web.pages.root import root_plain
from web.pages.settings import config_html, flags_html
from web.pages.tap import tap_html
from web.pages.targets import SearchError, TargetFilter, targets_html, targets_plain
from web.pages.whynot import whynot_html
from web.request import Request
from web.responses import HTML, METRICS, TEXT, respond, respond_text, wants_html
from web.views import Views

BRAND = "promferry"
MAX_FORM_BYTES, FORM_TIMEOUT_S = 256 * 1024, 10.0
LINKS = (
    ("./targets", "Targets"),
    ("./service-discovery", "Discovery"),
    ("./whynot", "Why not?"),
    ("./relabel", "Relabel"),
    ("./remotes", "Remotes"),
    ("./tap", "Tap"),
    ("./cardinality", "Cardinality"),
    ("./config", "Config"),
    ("./metrics", "Metrics"),
)
ENTRIES = tuple((endpoint.path, endpoint.entry) for endpoint in ENDPOINTS if endpoint.entry)


async def _page(request: Request, title: str, content: Iterable[Markup], here: str) -> Response:
    return await respond(request, page(title, content, brand=BRAND, links=LINKS, here=here), HTML)


class PageHandlers:
    """One method for each path of the table that is no API; `wall_s` is the time."""

    def __init__(self, views: Views, wall_s: Callable[[], float]) -> None:
        self._views = views
        self._wall_s = wall_s

    def _now_ms(self) -> int:
        return int(self._wall_s() * 1000)

    async def root(self, request: Request) -> Response:
        if not wants_html(request):
            return await respond_text(request, root_plain(BRAND, ENTRIES))
        views = self._views
        seen = Overview(
            targets=views.targets(),
            dropped_targets=len(views.dropped()),
            flow=views.flow(),
            remotes=views.remotes(),
            tracks=views.history(),
        )
        return await _page(request, BRAND, overview_html(BRAND, seen, ENTRIES), "./")

    async def discovery(self, request: Request) -> Response:
        views, query = self._views, request.query_params
        content = discovery_html(
            views.targets(),
            views.dropped(),
            views.pools(),
            views.discovery_errors(),
            text=query.get("q", "").strip(),
            only_dropped=bool(query.get("dropped")),
        )
        return await _page(request, "Service discovery", content, "./service-discovery")

    async def remotes(self, request: Request) -> Response:
        views = self._views
        running_s = self._wall_s() - views.runtime().started_s
        content = remotes_html(views.remotes(), views.history(), self._now_ms(), running_s)
        return await _page(request, "Remotes", content, "./remotes")

    async def relabel(self, request: Request) -> Response:
        arguments: Mapping[str, str] = request.query_params
        if request.method == "POST":
            body = await read_body(request, max_bytes=MAX_FORM_BYTES, timeout_s=FORM_TIMEOUT_S)
            arguments = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        debugger = Debugger(self._views)
        ask, target = debugger.completed(Ask.of(arguments))
        found = await debugger.run(ask, target)
        content = debugger_html(ask, self._views.pools(), debugger.running_rules(ask), found)
        return await _page(request, "Relabel debugger", content, "./relabel")

    async def cardinality(self, request: Request) -> Response:
        job, pools = request.query_params.get("job", ""), self._views.pools()
        if job and job not in pools:
            raise HttpError(404, f"there is no job {job[:80]!r}")
        found = await self._views.cardinality(job)
        content = cardinality_html(found, job, pools, self._views.history())
        return await _page(request, "Cardinality", content, "./cardinality")

    async def tap(self, request: Request) -> Response:
        try:
            wish = wish_of(request.query_params)
        except ValueError as exc:
            raise HttpError(400, str(exc)) from exc
        names = [remote.name for remote in self._views.remotes()]
        return await _page(request, "Live tap", tap_html(wish, names), "./tap")

    async def whynot(self, request: Request) -> Response:
        question = request.query_params.get("q", "").strip()
        report, error = None, ""
        if question:
            try:
                report = await self._views.why_not(question)
            except ValueError as exc:
                error = str(exc)
        content = whynot_html(question, report, error)
        return await _page(request, "Why not?", content, "./whynot")

    async def targets(self, request: Request) -> Response:
        try:
            wanted = TargetFilter.of(request.query_params)
        except SearchError as exc:
            raise HttpError(400, str(exc)) from exc
        targets = self._views.targets()
        if not wants_html(request):
            lines = targets_plain(targets, self._views.dropped(), wanted, self._now_ms())
            return await respond(request, lines, TEXT)
        content = targets_html(
            targets, self._views.dropped(), wanted, self._now_ms(), self._views.sharing()
        )
        return await _page(request, "Targets", content, "./targets")

    async def target_response(self, request: Request) -> Response:
        wanted = request.query_params.get("id", "")
        target = next((one for one in self._views.targets() if target_id(one) == wanted), None)
        if target is None:
            text = "no target has this id; it is on the target's page, ?id=...\n"
            return await respond_text(request, text, status=404)
        fetched = await self._views.fetch(target)
        if fetched.error:
            return await respond_text(request, f"{fetched.error}\n", status=502)
        # Whatever the target says it is: here it is text, or a browser would run it.
        headers = {"x-target-status": str(fetched.status)}
        return await respond(request, [fetched.body], TEXT, headers=headers)

    async def config(self, request: Request) -> Response:
        text = await self._views.config()
        if not wants_html(request):
            return await respond_text(request, text)
        return await _page(request, "Configuration", config_html(text), "./config")

    async def flags(self, request: Request) -> Response:
        if wants_html(request):
            query = request.query_params
            only_set = query.get("set", "") == "true"
            content = flags_html(self._views.flags(), query.get("q", "").strip(), only_set=only_set)
            return await _page(request, "Flags", content, "./flags")
        return await respond(request, flags_text(self._views.flags()), TEXT)

    async def tasks(self, request: Request) -> Response:
        lines = (f"{line}\n" for line in self._views.tasks())
        return await respond(request, lines, TEXT)

    async def metrics(self, request: Request) -> Response:
        return await respond(request, [self._views.metrics()], METRICS)

    async def health(self, request: Request) -> Response:
        if self._views.is_stopping():
            return await respond_text(request, "stopping\n", status=503)
        return await respond_text(request, "OK")  # vmagent's word, without a line end

    async def healthy(self, request: Request) -> Response:
        return await respond_text(request, "promferry is healthy.\n")

    async def ready(self, request: Request) -> Response:
        if self._views.is_ready():
            return await respond_text(request, "OK")
        # 425 is what vmagent answers here; any probe takes it as "not yet".
        return await respond_text(request, "waiting for discovery to run once\n", status=425)

    async def reload(self, request: Request) -> Response:
        if request.method == "HEAD":  # looks, never acts
            return await respond_text(request, "", status=405, headers={"allow": "GET, POST"})
        result = await self._views.reload()
        if result.ok:
            return await respond_text(request, "reloaded\n")
        errors = "\n".join(result.errors) or "unknown error"
        text = f"not reloaded, the running configuration stays:\n{errors}\n"
        return await respond_text(request, text, status=400)
