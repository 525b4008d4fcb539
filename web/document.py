"""docs/api.md, from the table of endpoints, so that it cannot lie.

Takes the table; gives Markdown. `python -m web.document` writes the file.
"""

from collections.abc import Iterator
from pathlib import Path

from web.endpoints import ENDPOINTS, UNAVAILABLE, Area, Endpoint

PATH = Path(__file__).parents[1] / "docs" / "api.md"

_INTRODUCTION = """\
# Pages and API

Generated from `web/endpoints.py` by `python -m web.document`; the agent serves the same as OpenAPI
under `/api/v1/openapi.json`. Everything is also found below `/prometheus/`, and with
`-http.pathPrefix` everything lies below that prefix only.

**Who may ask.** Without flags everybody who reaches the port may look. `-httpAuth.username` and
`-httpAuth.password`, or `basic_auth_users` of `--web.config.file`, ask for a name and a password
everywhere but at the probes; a flag such as `-metricsAuthKey` asks for `?authKey=...` on its path
in place of that. What is marked *trusted* changes something or reveals more than counts and labels:
it answers clients on this host, on a unix socket, with a client certificate or with one of these
credentials, and never a browser that a page of another site has sent.

**Errors** are a line of text, under `/api/v1/` Prometheus' `{"status":"error", ...}`.

A session:

```sh
curl -s localhost:8429/targets                       # vmagent's plain text
curl -s localhost:8429/-/health/details              # 503 when something fails
curl -s localhost:8429/api/v1/targets?state=active | jq '.data.activeTargets[].health'
curl -s localhost:8429/api/v1/queue | jq '.data[] | {name, pending_samples, oldest_age_s}'
curl -s -G localhost:8429/api/v1/targets/relabel_steps \\
  -d scrapePool=node --data-urlencode 'labels={"__address__":"a:9100"}'
curl -X POST localhost:8429/-/reload                 # tells every mistake, or "reloaded"
promtool check healthy --url=http://localhost:8429    # promtool 2.47 and newer
promtool check ready --url=http://localhost:8429
curl -s localhost:8429/metrics | promtool check metrics
```
"""


def render_document() -> str:
    listed = "".join(line for endpoint in ENDPOINTS for line in _endpoint(endpoint))
    unavailable = ", ".join(f"`{path}`" for path in UNAVAILABLE)
    return (
        f"{_INTRODUCTION}{listed}\n## What an agent has not\n\n{unavailable} answer 422, as "
        "Prometheus' agent mode does: nothing is stored here that could be queried.\n"
    )


def _endpoint(endpoint: Endpoint) -> Iterator[str]:
    methods = ", ".join(endpoint.methods)
    yield f"\n## `{endpoint.path}`\n\n{endpoint.what} ({methods})\n"
    notes = [] if endpoint.area is Area.PAGES else [f"Credential: {endpoint.area.value}."]
    if endpoint.needs_trust:
        notes.append("Trusted clients only.")
    if notes:
        yield f"\n{' '.join(notes)}\n"
    if endpoint.parameters or endpoint.statuses:
        yield "\n"
    for one in endpoint.parameters:
        choices = f" ({', '.join(one.choices)})" if one.choices else ""
        wanted = ", wanted" if one.is_required else ""
        yield f"- `?{one.name}=` {one.what}{choices}{wanted}\n"
    for status, when in endpoint.statuses:
        yield f"- {status}: {when}\n"


if __name__ == "__main__":
    PATH.write_text(render_document())
