"""`-promscrape.*`: what to scrape."""

from agent.flags.flag import BOOL, DURATION, INT, SIZE, STRING, Flag, Group
from agent.flags.groups import when

# vmagent's defaults per kind of discovery (reference/vmagent.md 2), in seconds.
_CHECK_INTERVALS_S = {
    **dict.fromkeys(("azure", "digitalocean", "ec2", "gce", "hetzner", "linode"), 60),
    **dict.fromkeys(("consul", "consulagent", "dns", "docker", "dockerswarm", "eureka"), 30),
    **dict.fromkeys(("kubernetes", "kuma", "marathon", "nomad", "openstack"), 30),
    **dict.fromkeys(("ovhcloud", "puppetdb", "vultr", "yandexcloud"), 30),
}


def _check_interval(kind: str, default_s: float, *, later: str = "", note: str = "") -> Flag:
    return Flag(
        f"promscrape.{kind}SDCheckInterval",
        DURATION,
        default_s,
        f"How often to look for changes of {kind} targets{note}.",
        later=later,
    )


_DISCOVERY = (
    _check_interval(
        "file", 60, note=" behind URLs; files are looked at every second, whatever this says"
    ),
    _check_interval("http", 60, note=", where a config has no refresh_interval"),
    *(
        _check_interval(kind, after, later=when.DISCOVERY)
        for kind, after in _CHECK_INTERVALS_S.items()
    ),
    Flag(
        "promscrape.discovery.concurrency",
        INT,
        100,
        "The greatest number of requests to discovery APIs at a time.",
        later=when.DISCOVERY,
    ),
    Flag(
        "promscrape.discovery.concurrentWaitTime",
        DURATION,
        60,
        "How long a request to a discovery API may wait for its turn.",
        later=when.DISCOVERY,
    ),
    Flag(
        "promscrape.consul.waitTime",
        DURATION,
        0,
        "How long a blocking query to Consul waits.",
        later=when.DISCOVERY,
    ),
    Flag(
        "promscrape.nomad.waitTime",
        DURATION,
        0,
        "How long a blocking query to Nomad waits.",
        later=when.DISCOVERY,
    ),
    Flag(
        "promscrape.kubernetes.apiServerTimeout",
        DURATION,
        1800,
        "How often to read the whole state from the Kubernetes API server.",
        later=when.DISCOVERY,
    ),
    *(
        Flag(f"promscrape.kubernetes.{name}", BOOL, False, text, later=when.DISCOVERY)
        for name, text in (
            ("useHTTP2Client", "Speak HTTP/2 to the Kubernetes API server."),
            ("attachNodeMetadataAll", "Attach node metadata in all Kubernetes discoveries."),
            ("attachNamespaceMetadataAll", "Attach namespace metadata likewise."),
        )
    ),
)

_CLUSTER = tuple(
    Flag(f"promscrape.cluster.{name}", kind, default, text, many=many, later=when.CLUSTER)
    for name, kind, default, text, many in (
        ("membersCount", INT, 1, "How many agents share the targets.", False),
        ("memberNum", STRING, "0", "The number of this agent among them.", False),
        ("replicationFactor", INT, 1, "How many agents scrape the same target.", False),
        ("name", STRING, "", "The name of the cluster.", False),
        ("memberLabel", STRING, "", "The label that gets the member's number.", False),
        ("memberURLTemplate", STRING, "", "Where the other members answer.", False),
        ("shardByLabels", STRING, "", "The labels by which targets are shared out.", True),
    )
)

_SCRAPES = (
    Flag(
        "promscrape.config",
        STRING,
        "",
        "The scrape configuration: a path, or an http or https URL. Without it nothing is scraped.",
    ),
    Flag(
        "promscrape.config.strictParse",
        BOOL,
        True,
        "Refuse unknown keys in the configuration; false ignores them with a warning.",
    ),
    Flag(
        "promscrape.config.dryRun",
        BOOL,
        False,
        "Check the configuration and exit; the same as -dryRun.",
    ),
    Flag(
        "promscrape.configCheckInterval",
        DURATION,
        0,
        "How often to look for changes of the configuration; 0 is never (SIGHUP and /-/reload do).",
    ),
    Flag(
        "promscrape.maxScrapeSize",
        SIZE,
        16 * 2**20,
        "The largest body of a scrape, uncompressed; a larger one fails the scrape.",
    ),
    Flag(
        "promscrape.noStaleMarkers",
        BOOL,
        False,
        "Send no staleness markers when a series or a target is gone.",
    ),
    Flag(
        "promscrape.maxResponseHeadersSize",
        SIZE,
        65536,
        "The largest size of the headers that a target may answer with.",
    ),
    Flag(
        "promscrape.seriesLimitPerTarget",
        INT,
        0,
        "The greatest number of different series of a target in 24 hours; 0 is no limit.",
    ),
    Flag(
        "promscrape.maxDroppedTargets",
        INT,
        10000,
        "How many dropped targets of a job to keep for /api/v1/targets and /service-discovery.",
    ),
    Flag(
        "promscrape.suppressScrapeErrorsDelay",
        DURATION,
        0,
        "For how long repeated errors of a target are counted and told as one.",
        idle="errors of a target are told once, when it goes down",
    ),
    *(
        Flag(f"promscrape.{name}", BOOL, False, text)
        for name, text in (
            ("disableCompression", "Ask targets for uncompressed bodies."),
            ("disableKeepAlive", "Open a new connection for each scrape."),
            ("dropOriginalLabels", "Do not keep the labels that targets had when discovered."),
            ("suppressScrapeErrors", "Do not log errors of scrapes."),
        )
    ),
    Flag(
        "promscrape.suppressDuplicateScrapeTargetErrors",
        BOOL,
        False,
        "Do not log targets that occur twice.",
        idle="targets that occur twice are listed with those dropped, and never logged",
        quiet=True,
    ),
    Flag(
        "promscrape.streamParse",
        BOOL,
        False,
        "Parse bodies piece by piece.",
        idle="bodies are always parsed in bounded steps",
    ),
    Flag(
        "promscrape.minResponseSizeForStreamParse",
        SIZE,
        1_000_000,
        "From which size bodies are parsed piece by piece.",
        idle="bodies are always parsed in bounded steps",
    ),
)

GROUP = Group("promscrape", "What to scrape", (*_SCRAPES, *_DISCOVERY, *_CLUSTER))
