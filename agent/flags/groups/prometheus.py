"""Prometheus' own command line, so that its unit files run unchanged (DESIGN section 8, 11)."""

from agent.flags.flag import BOOL, DURATION, INT, SIZE, STRING, Flag, Group, Kind, Value

_LEVELS = {"debug": "DEBUG", "info": "INFO", "warn": "WARN", "error": "ERROR"}
_FORMATS = {"logfmt": "default", "json": "json"}

_NO_PAGES = "promferry has its own pages"
_NO_STORE = "nothing is stored here but what is not delivered yet"
_NO_SERVER = "promferry scrapes and pushes; it stores and evaluates nothing"
_OWN_LIMITS = "the server has its own limits"


def _stands_for(name: str, kind: Kind, ours: str, translations: dict[str, str]) -> Flag:
    text = f"Prometheus' name for -{ours}."
    return Flag(name, kind, "", text, is_foreign=True, stands_for=ours, translations=translations)


def _idle(name: str, kind: Kind, default: Value, why: str, *, quiet: bool = False) -> Flag:
    text = "Accepted from Prometheus' command line."
    negated = (f"no-{name}",) if kind is BOOL else ()
    return Flag(name, kind, default, text, is_foreign=True, idle=why, quiet=quiet, aliases=negated)


# Both make Prometheus read start timestamps, and ask for protobuf first.
OTLP_FEATURES = (
    "otlp-deltatocumulative",
    "otlp-native-delta-ingestion",
    "otlp-write-receiver",
    "remote-write-receiver",
)
START_TIMESTAMP_FEATURES = ("created-timestamp-zero-ingestion", "st-storage")

# Of its server mode: whoever pushes from there can bring the whole line.
_SERVER_MODE = (
    "alertmanager.notification-queue-capacity",
    "query.lookback-delta",
    "query.max-concurrency",
    "query.max-samples",
    "query.timeout",
    "rules.alert.for-grace-period",
    "rules.alert.for-outage-tolerance",
    "rules.alert.resend-delay",
    "rules.max-concurrent-evals",
    "storage.remote.read-concurrent-limit",
    "storage.remote.read-max-bytes-in-frame",
    "storage.remote.read-sample-limit",
    "storage.tsdb.head-chunks-write-queue-size",
    "storage.tsdb.path",
    "storage.tsdb.retention",
    "storage.tsdb.retention.size",
    "storage.tsdb.retention.time",
)
_SERVER_MODE_SWITCHES = (
    "storage.tsdb.no-lockfile",
    "storage.tsdb.use-lockfile",
    "storage.tsdb.wal-compression",
    "web.enable-admin-api",
)


GROUP = Group(
    "prometheus",
    "Prometheus' command line",
    (
        _stands_for("config.file", STRING, "promscrape.config", {}),
        _stands_for("config.auto-reload-interval", STRING, "promscrape.configCheckInterval", {}),
        _stands_for("web.listen-address", STRING, "httpListenAddr", {}),
        _stands_for("storage.agent.path", STRING, "remoteWrite.tmpDataPath", {}),
        _stands_for("log.level", STRING, "loggerLevel", _LEVELS),
        _stands_for("log.format", STRING, "loggerFormat", _FORMATS),
        Flag(
            "web.config.file",
            STRING,
            "",
            "Prometheus' file for TLS and basic authentication of the agent's pages.",
            is_foreign=True,
        ),
        _idle("agent", BOOL, False, "promferry is always an agent", quiet=True),
        _idle("web.enable-lifecycle", BOOL, False, "/-/reload is always there", quiet=True),
        Flag(
            "enable-feature",
            STRING,
            "",
            "Prometheus' feature flags: the two about start timestamps stand for "
            "-promscrape.startTimestamps, those about delta for -otlp.delta.",
            many=True,
            is_foreign=True,
            idle="Prometheus' other feature flags mean nothing here",
            effective=(*START_TIMESTAMP_FEATURES, *OTLP_FEATURES, "agent"),
        ),
        _stands_for("web.route-prefix", STRING, "http.pathPrefix", {}),
        Flag(
            "web.enable-remote-write-receiver",
            BOOL,
            False,
            "Take pushes by remote write.",
            is_foreign=True,
            idle="pushes by remote write are always taken",
            quiet=True,
        ),
        Flag(
            "web.enable-otlp-receiver",
            BOOL,
            False,
            "Take pushes by OTLP.",
            is_foreign=True,
            idle="pushes by OTLP are always taken",
            quiet=True,
        ),
        _idle("web.console.templates", STRING, "", _NO_PAGES),
        _idle("web.console.libraries", STRING, "", _NO_PAGES),
        _idle("web.local-assets", STRING, "", _NO_PAGES),
        _idle("web.user-assets", STRING, "", _NO_PAGES),
        _idle("web.page-title", STRING, "", _NO_PAGES),
        _idle("web.external-url", STRING, "", _NO_PAGES),
        _idle("web.cors.origin", STRING, ".*", _NO_PAGES),
        _idle("web.read-timeout", DURATION, 300, _OWN_LIMITS),
        _idle("web.max-connections", INT, 512, _OWN_LIMITS),
        _idle("storage.agent.wal-segment-size", SIZE, 0, _NO_STORE),
        _idle("storage.agent.wal-compression", BOOL, True, _NO_STORE),
        _idle("storage.agent.wal-compression-type", STRING, "snappy", _NO_STORE),
        _idle("storage.agent.wal-truncate-frequency", DURATION, 0, _NO_STORE),
        _idle("storage.agent.retention.min-time", DURATION, 0, _NO_STORE),
        _idle("storage.agent.retention.max-time", DURATION, 0, _NO_STORE),
        _idle("storage.agent.use-lockfile", BOOL, True, "queues are always locked", quiet=True),
        _idle("storage.agent.no-lockfile", BOOL, False, "queues are always locked"),
        _idle("storage.remote.flush-deadline", DURATION, 60, "what is left goes to disk"),
        _idle("scrape.adjust-timestamps", BOOL, True, "scrapes keep to their grid"),
        _idle("scrape.timestamp-tolerance", DURATION, 0.002, "scrapes keep to their grid"),
        _idle("scrape.discovery-reload-interval", DURATION, 5, "discovery is passed on at once"),
        *(_idle(name, STRING, "", _NO_SERVER) for name in _SERVER_MODE),
        *(_idle(name, BOOL, False, _NO_SERVER) for name in _SERVER_MODE_SWITCHES),
    ),
)
