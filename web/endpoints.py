"""Every path that the agent answers, in one table.

Routes, the list on `/`, who may ask, the OpenAPI description and docs/api.md are all read from it.
Never: knows how an answer is made.
"""

import enum
from typing import Literal

import attrs


class Area(enum.Enum):
    """Which credentials a path wants; those with a flag of their own take `?authKey=` instead."""

    OPEN = "nobody is asked"
    PAGES = "basic authentication, if it is configured"
    METRICS = "-metricsAuthKey"
    CONFIG = "-configAuthKey"
    FLAGS = "-flagsAuthKey"
    RELOAD = "-reloadAuthKey"
    DEBUG = "-pprofAuthKey"


Media = Literal["json", "text", "page", "metrics", "yaml", "events", "otlp"]


@attrs.frozen(kw_only=True)
class Parameter:
    """One argument of a query."""

    name: str
    what: str
    kind: Literal["string", "integer", "boolean"] = "string"
    choices: tuple[str, ...] = ()
    is_required: bool = False


@attrs.frozen
class Endpoint:
    """`handler` names a function of `web.app`; `entry` is what `/` says of it, "" for nothing.

    `needs_trust`: only for this host's own clients and those that have shown a credential (DESIGN
    section 8, 12). `statuses`: what it answers beside 200, and when.
    """

    path: str
    handler: str
    what: str
    media: Media = "json"
    area: Area = attrs.field(default=Area.PAGES, kw_only=True)
    methods: tuple[str, ...] = attrs.field(default=("GET",), kw_only=True)
    needs_trust: bool = attrs.field(default=False, kw_only=True)
    parameters: tuple[Parameter, ...] = attrs.field(default=(), kw_only=True)
    statuses: tuple[tuple[int, str], ...] = attrs.field(default=(), kw_only=True)
    entry: str = attrs.field(default="", kw_only=True)


_POOL = Parameter(name="scrapePool", what="only this job")
_LIMIT = Parameter(name="limit", what="at most so many", kind="integer")
_METRIC = Parameter(name="metric", what="only this metric")
_BAD = (400, "an argument that cannot be understood")

_PAGES = (
    Endpoint("/", "root", "What there is.", "page"),
    Endpoint(
        "/targets",
        "targets",
        "What is scraped, how it goes, what is wrong: HTML for browsers, vmagent's text else.",
        "page",
        parameters=(
            Parameter(name="q", what="text in address, labels or error"),
            Parameter(name="show_only_unhealthy", what="only what is not up", kind="boolean"),
            Parameter(name="show_original_labels", what="labels as discovered", kind="boolean"),
            Parameter(name="page", what="which hundred of them", kind="integer"),
            Parameter(name="endpoint_search", what="regular expression on the URL"),
            Parameter(name="label_search", what="selector on the labels, such as {job='a'}"),
        ),
        statuses=(_BAD,),
        entry="what is scraped, how it goes, what is wrong",
    ),
    Endpoint(
        "/service-discovery",
        "discovery",
        "What discovery found, and the rule that dropped it.",
        "page",
        parameters=(
            Parameter(name="q", what="text in the labels as discovered"),
            Parameter(name="dropped", what="only those dropped", kind="boolean"),
        ),
        entry="what discovery found, and what became of it",
    ),
    Endpoint(
        "/whynot",
        "whynot",
        "Why is my metric not there? Looks at targets anew.",
        "page",
        needs_trust=True,
        parameters=(Parameter(name="q", what="a series, a metric or a target"),),
        statuses=((403, "asked from elsewhere"),),
        entry="why is my metric not there?",
    ),
    Endpoint(
        "/relabel",
        "relabel",
        "What relabelling does, rule by rule, and what other rules would do. Changes nothing.",
        "page",
        needs_trust=True,
        methods=("GET", "POST"),
        parameters=(
            Parameter(name="job", what="whose rules"),
            Parameter(name="kind", what="which rules", choices=("target", "metric")),
            Parameter(name="labels", what="a series or the labels of a target"),
            Parameter(name="rules", what="edited rules, as YAML"),
            Parameter(name="id", what="a target's id, from its page"),
            Parameter(name="page", what="on the target's whole page", kind="boolean"),
        ),
        statuses=((403, "asked from elsewhere"),),
        entry="what relabelling does, rule by rule, and what other rules would do",
    ),
    Endpoint(
        "/cardinality",
        "cardinality",
        "Series by metric, job and label, and what makes them grow.",
        "page",
        parameters=(Parameter(name="job", what="of this job only"),),
        statuses=((404, "no such job"),),
        entry="series by metric, job and label, and what makes them grow",
    ),
    Endpoint(
        "/tap",
        "tap",
        "Samples as they pass.",
        "page",
        parameters=(
            Parameter(name="stage", what="where, as /api/v1/tap"),
            Parameter(name="selector", what="which, such as {job='a'}"),
            Parameter(name="remote", what="at this remote only"),
            Parameter(name="per_s", what="at most so many a second"),
        ),
        statuses=(_BAD,),
        entry="samples as they pass",
    ),
    Endpoint(
        "/remotes",
        "remotes",
        "Each remote and its queue: how far behind, and when it will have caught up.",
        "page",
        entry="each remote and its queue: how far behind, and when it will have caught up",
    ),
    Endpoint(
        "/target_response",
        "target_response",
        "Fetches a target's page now and shows it.",
        "text",
        needs_trust=True,
        parameters=(Parameter(name="id", what="a target's id, from its page", is_required=True),),
        statuses=(
            (403, "asked from elsewhere"),
            (404, "no such target"),
            (502, "the target fails"),
        ),
    ),
)

_PROBES = (
    Endpoint(
        "/health",
        "health",
        "vmagent's probe: is the process alive?",
        "text",
        area=Area.OPEN,
        statuses=((503, "the agent is about to stop"),),
    ),
    Endpoint(
        "/-/healthy",
        "healthy",
        "Prometheus' probe: is the process alive?",
        "text",
        area=Area.OPEN,
        entry="is the process alive?",
    ),
    *(
        Endpoint(
            path,
            "ready",
            "Has discovery run, so that everything configured is scraped?",
            "text",
            area=Area.OPEN,
            statuses=((425, "not yet"),),
            entry=entry,
        )
        for path, entry in (("/ready", ""), ("/-/ready", "is everything configured scraped?"))
    ),
    Endpoint(
        "/-/health/details",
        "health_details",
        "How each remote, the disk and the configuration are.",
        statuses=((503, "something fails"),),
        entry="how each remote, the disk and the configuration are; 503 if one fails",
    ),
)

_STATE = (
    Endpoint(
        "/-/reload",
        "reload",
        "Reads the configuration again; a bad one changes nothing.",
        "text",
        area=Area.RELOAD,
        needs_trust=True,
        methods=("GET", "POST"),
        statuses=((400, "the configuration is bad"), (403, "asked from elsewhere")),
        entry="read the configuration again (POST, from this host)",
    ),
    Endpoint(
        "/metrics",
        "metrics",
        "The agent's own metrics, in the text format 0.0.4.",
        "metrics",
        area=Area.METRICS,
        entry="the agent's own metrics",
    ),
    Endpoint(
        "/config",
        "config",
        "The effective configuration, secrets masked: YAML, a page for browsers.",
        "yaml",
        area=Area.CONFIG,
        entry="the effective configuration",
    ),
    Endpoint(
        "/flags",
        "flags",
        "The flags, secrets masked: text, a page for browsers.",
        "page",
        parameters=(
            Parameter(name="q", what="in a browser: text in name or value"),
            Parameter(name="set", what="in a browser: only those that were set", kind="boolean"),
        ),
        area=Area.FLAGS,
        entry="the flags",
    ),
    Endpoint(
        "/debug/tasks",
        "tasks",
        "Every task of the agent and where it waits.",
        "text",
        area=Area.DEBUG,
        needs_trust=True,
        statuses=((403, "asked from elsewhere"),),
    ),
)

_API = (
    Endpoint(
        "/api/v1/targets",
        "api_targets",
        "The targets, as Prometheus' API gives them.",
        parameters=(
            Parameter(name="state", what="which", choices=("active", "dropped", "any")),
            _POOL,
        ),
        entry="the targets for programs, as Prometheus' API gives them",
    ),
    Endpoint("/api/v1/scrape_pools", "api_scrape_pools", "The names of the jobs."),
    Endpoint(
        "/api/v1/targets/metadata",
        "api_targets_metadata",
        "Type, help and unit of what targets expose.",
        parameters=(
            Parameter(name="match_target", what="a selector on the target's labels"),
            _METRIC,
            _LIMIT,
        ),
        statuses=(_BAD,),
    ),
    Endpoint(
        "/api/v1/metadata",
        "api_metadata",
        "Type, help and unit by metric.",
        parameters=(
            _METRIC,
            _LIMIT,
            Parameter(name="limit_per_metric", what="at most so many each", kind="integer"),
        ),
        statuses=(_BAD,),
    ),
    Endpoint(
        "/api/v1/targets/relabel_steps",
        "api_relabel_steps",
        "What each rule of a job's relabel_configs makes of given labels.",
        parameters=(
            Parameter(name="scrapePool", what="the job", is_required=True),
            Parameter(name="labels", what="a JSON object of labels", is_required=True),
        ),
        statuses=(_BAD,),
    ),
    Endpoint(
        "/api/v1/status/config",
        "api_config",
        "The effective configuration as YAML, secrets masked.",
        area=Area.CONFIG,
    ),
    Endpoint("/api/v1/status/flags", "api_flags", "The flags, secrets masked.", area=Area.FLAGS),
    Endpoint("/api/v1/status/buildinfo", "api_buildinfo", "The version."),
    Endpoint("/api/v1/status/runtimeinfo", "api_runtimeinfo", "The process."),
    Endpoint("/api/v1/remotes", "api_remotes", "Each remote: state, what was sent, what was lost."),
    Endpoint("/api/v1/queue", "api_queue", "What waits for each remote, in memory and on disk."),
    Endpoint(
        "/api/v1/whynot",
        "api_whynot",
        "Where a series is lost on its way from its target to the remotes; looks at pages anew.",
        needs_trust=True,
        parameters=(
            Parameter(
                name="q", what='a series such as up{job="a"}, a metric, a target', is_required=True
            ),
        ),
        statuses=(_BAD, (403, "asked from elsewhere")),
    ),
    Endpoint(
        "/api/v1/tap",
        "api_tap",
        "Samples as they pass, one event each, until the reader goes.",
        "events",
        needs_trust=True,
        parameters=(
            Parameter(name="stage", what="where", choices=("scraped", "relabelled", "remote")),
            Parameter(name="selector", what="which, such as {job='a'}"),
            Parameter(name="remote", what="at this remote only"),
            Parameter(name="per_s", what="at most so many a second, 100 by default"),
        ),
        statuses=(
            _BAD,
            (403, "asked from elsewhere"),
            (429, "as many as there may be are open"),
        ),
    ),
    Endpoint(
        "/api/v1/logs",
        "api_logs",
        "The last lines of the log.",
        needs_trust=True,
        statuses=((403, "asked from elsewhere"),),
    ),
    Endpoint("/api/v1/openapi.json", "openapi", "This API, described for programs."),
)

_EXTRA_LABEL = Parameter(name="extra_label", what="a label to add to every series, name=value")
_REFUSALS = (
    (400, "a body that cannot be read"),
    (408, "a body that does not come"),
    (413, "a body that is too large"),
    (415, "a type or an encoding that is not taken"),
    (429, "the queue in memory is full; come back after Retry-After"),
    (503, "too many pushes at once, or no room; come back after Retry-After"),
)

_PUSHES = (
    *(
        Endpoint(
            path,
            "push_otlp",
            "Takes OTLP metrics, in protobuf or JSON, plain or by gzip or zstd.",
            "otlp",
            methods=("POST",),
            parameters=(_EXTRA_LABEL,),
            statuses=_REFUSALS,
        )
        for path in ("/v1/metrics", "/opentelemetry/v1/metrics", "/opentelemetry/api/v1/push")
    ),
    *(
        Endpoint(
            path,
            "push_remote_write",
            "Takes Prometheus remote write 1.0 and 2.0, by snappy or zstd; 204 when it is taken.",
            "text",
            methods=("GET", "POST"),
            parameters=(
                _EXTRA_LABEL,
                Parameter(name="get_vm_proto_version", what="asked by vmagent: is zstd taken?"),
            ),
            statuses=((204, "taken"), (405, "GET without the question"), *_REFUSALS),
        )
        for path in ("/api/v1/write", "/api/v1/push", "/api/v1/receive")
    ),
)

ENDPOINTS: tuple[Endpoint, ...] = (*_PAGES, *_PROBES, *_STATE, *_API, *_PUSHES)
BY_PATH = {endpoint.path: endpoint for endpoint in ENDPOINTS}

# Prometheus' API for what an agent has not; it answers there as Prometheus' agent mode does.
UNAVAILABLE = (
    "/api/v1/query",
    "/api/v1/query_range",
    "/api/v1/query_exemplars",
    "/api/v1/format_query",
    "/api/v1/series",
    "/api/v1/labels",
    "/api/v1/rules",
    "/api/v1/alerts",
    "/api/v1/alertmanagers",
    "/api/v1/status/tsdb",
)


def area_of(path: str) -> Area:
    """What a path wants; one that is not in the table is a page like any other."""
    endpoint = BY_PATH.get(path)
    if endpoint is not None:
        return endpoint.area
    is_harmless = path in ("/favicon.ico", "/robots.txt") or path.startswith("/static/")
    return Area.OPEN if is_harmless else Area.PAGES
