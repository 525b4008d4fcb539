"""`-remoteWrite.*`: where to push, how, and what to keep while that is not possible."""

from agent.flags.flag import BOOL, DURATION, INT, SIZE, STRING, Flag, Group, Kind, Value
from agent.flags.groups import when


def _each(
    name: str,
    kind: Kind,
    default: Value,
    text: str,
    *,
    secret: bool = False,
    later: str = "",
    idle: str = "",
    aliases: tuple[str, ...] = (),
) -> Flag:
    """A flag with one value for each `-remoteWrite.url`, or one for all."""
    return Flag(
        f"remoteWrite.{name}",
        kind,
        default,
        text,
        many=True,
        secret=secret,
        later=later,
        idle=idle,
        aliases=aliases,
    )


def _all(name: str, kind: Kind, default: Value, text: str, later: str = "") -> Flag:
    """A flag with one value for the whole agent."""
    return Flag(f"remoteWrite.{name}", kind, default, text, later=later)


_REMOTE = (
    _each(
        "url",
        STRING,
        "",
        "Where to push by Prometheus remote write, http or https. Repeat it to push to several.",
        secret=True,
        # A vendor's page writes it so (issue 2, appendix).
        aliases=("remoteWrite.tls.url",),
    ),
    _each(
        "name",
        STRING,
        "",
        "A name for the remote: it names the queue's directory, metrics and log lines, so that "
        "a changed URL keeps its queue.",
    ),
    _all("showURL", BOOL, False, "Show remote URLs in logs, pages and metrics (never passwords)."),
    _each("sendTimeout", DURATION, 60, "How long one request may take in all."),
    _each(
        "headers",
        STRING,
        "",
        "Headers to send along: `name:value`, several joined by `^^`.",
        secret=True,
    ),
)

_AUTHENTICATION = (
    _each("basicAuth.username", STRING, "", "User name for basic authentication."),
    _each("basicAuth.usernameFile", STRING, "", "A file with the user name, re-read on change."),
    _each("basicAuth.password", STRING, "", "Password for basic authentication.", secret=True),
    _each("basicAuth.passwordFile", STRING, "", "A file with the password, re-read on change."),
    _each("bearerToken", STRING, "", "Bearer token to send.", secret=True),
    _each("bearerTokenFile", STRING, "", "A file with the bearer token, re-read on change."),
    *(
        _each(f"oauth2.{name}", STRING, "", text, secret=secret)
        for name, text, secret in (
            ("clientID", "OAuth2 client id.", False),
            ("clientSecret", "OAuth2 client secret.", True),
            ("clientSecretFile", "A file with the OAuth2 client secret.", False),
            ("scopes", "OAuth2 scopes, joined by `;`.", False),
            ("tokenUrl", "Where OAuth2 tokens are asked for.", False),
            ("endpointParams", "OAuth2 parameters as a JSON object.", True),
        )
    ),
    _each("aws.useSigv4", BOOL, False, "Sign requests by AWS SigV4."),
    *(
        _each(f"aws.{name}", STRING, default, text, secret=secret)
        for name, default, text, secret in (
            (
                "region",
                "",
                "AWS region; else that of the environment.",
                False,
            ),
            ("roleARN", "", "AWS role to assume.", False),
            ("accessKey", "", "AWS access key; without one AWS' usual places are asked.", True),
            ("secretKey", "", "AWS secret key.", True),
            ("service", "aps", "AWS service to sign for.", False),
            ("stsEndpoint", "", "Address of the STS API.", False),
        )
    ),
    _each(
        "aws.ec2Endpoint",
        STRING,
        "",
        "Address of the EC2 API.",
        idle="pushing asks nothing of the EC2 API; AWS_EC2_METADATA_SERVICE_ENDPOINT is where"
        " credentials are asked for",
    ),
)

_TLS = (
    _each("tlsInsecureSkipVerify", BOOL, False, "Accept any certificate of the remote."),
    _each("tlsCAFile", STRING, "", "A file with the CA certificates to verify the remote by."),
    _each("tlsCertFile", STRING, "", "A file with the client certificate to show."),
    _each("tlsKeyFile", STRING, "", "A file with the client certificate's key."),
    _each("tlsServerName", STRING, "", "The name that the remote's certificate must bear."),
    _each("tlsHandshakeTimeout", DURATION, 20, "How long TLS may take; 0 is no limit."),
    _each(
        "proxyURL",
        STRING,
        "",
        "A proxy to go through: http://, https:// or socks5://.",
        secret=True,
    ),
)

_QUEUE = (
    _all(
        "tmpDataPath",
        STRING,
        "promferry-data",
        "The directory for what is not delivered yet; each remote has a sub-directory.",
    ),
    _each(
        "maxDiskUsagePerURL",
        SIZE,
        0,
        "The most that a remote's queue may take on disk; the oldest goes first. 0 is no bound, "
        "less than 1MiB is 1MiB.",
    ),
    Flag(
        "remoteWrite.keepDanglingQueues",
        BOOL,
        False,
        "Keep queues of remotes that are gone.",
        idle="queues of remotes that are gone are always kept",
        quiet=True,
    ),
    _each("flushInterval", DURATION, 1, "How long samples are gathered before they are sent."),
    _each("maxRowsPerBlock", INT, 10_000, "The most samples in one request."),
    _each("maxBlockSize", SIZE, 8 * 2**20, "The largest request, before compression."),
    _each("retryMinInterval", DURATION, 1, "How long to wait before the first retry."),
    _each(
        "retryMaxInterval",
        DURATION,
        60,
        "The longest wait between retries; the wait doubles up to it.",
        aliases=("remoteWrite.retryMaxTime",),  # vmagent's deprecated name for the same
    ),
    _each(
        "answers",
        STRING,
        "",
        "What a remote's statuses mean where it means something else than others, "
        "`403=refuse^^422=retry`: retry, hold, split or refuse.",
    ),
    _each("disableOnDiskQueue", BOOL, False, "Keep the queue in memory only."),
    _all(
        "dropSamplesOnOverload",
        BOOL,
        False,
        "Drop the oldest samples when a queue in memory only is full, instead of refusing pushers.",
    ),
    _each(
        "inmemoryQueues",
        INT,
        0,
        "Above 0: fresh data first, as by -remoteWrite.freshFirst; the number has no meaning here.",
    ),
)

_PROTOCOL = (
    _each("queues", INT, 0, "Requests in flight at a time, series kept in order; 0 is 4."),
    _each(
        "forcePromProto",
        BOOL,
        False,
        "Never ask the remote for VictoriaMetrics' encoding; without this it is asked at start and "
        "after an outage.",
    ),
    _each("forceVMProto", BOOL, False, "Push by VictoriaMetrics' encoding without asking for it."),
    Flag(
        "remoteWrite.vmProtoCompressLevel",
        INT,
        0,
        "The zstd level for VictoriaMetrics' encoding, -22 to 22; 0 chooses.",
        minimum=-22,
    ),
    _each("disableMetadata", BOOL, False, "Send no metadata."),
    _all("maxMetadataPerBlock", INT, 5000, "The most metadata in a request."),
    _each(
        "significantFigures",
        INT,
        0,
        "Round values to so many significant figures; 0 keeps all.",
    ),
    Flag(
        "remoteWrite.roundDigits",
        INT,
        100,
        "Round values to so many digits after the point; 100 keeps all.",
        many=True,
        minimum=-100,
    ),
)

_SERIES = (
    _all(
        "relabelConfig",
        STRING,
        "",
        "A file with relabel rules for everything that is pushed.",
    ),
    Flag(
        "remoteWrite.relabelDebug",
        BOOL,
        False,
        "Log what the rules do.",
        idle="promferry relabel shows what rules do",
    ),
    _each(
        "urlRelabelDebug",
        BOOL,
        False,
        "Log what the rules of a remote do.",
        idle="promferry relabel shows what rules do",
    ),
    _each(
        "urlRelabelConfig",
        STRING,
        "",
        "A file with relabel rules for what goes to this remote.",
    ),
    _each(
        "label",
        STRING,
        "",
        "A label `name=value` to add to everything that is pushed.",
    ),
    _each(
        "obfuscateLabels",
        STRING,
        "",
        "Labels, joined by `^^`, whose values are replaced by their hash (SHA-256).",
    ),
    _each(
        "rateLimit",
        INT,
        0,
        "The most bytes per second to send, compressed, live data and backlog together; 0 is any.",
    ),
    _all(
        "shardByURL",
        BOOL,
        False,
        "Spread series over the remotes instead of sending all to each of them.",
    ),
    _all("shardByURLReplicas", INT, 1, "To how many remotes each series goes when spread."),
    Flag(
        "remoteWrite.shardByURL.labels",
        STRING,
        "",
        "The labels by which series are spread; all where none is given.",
        many=True,
    ),
    Flag(
        "remoteWrite.shardByURL.ignoreLabels",
        STRING,
        "",
        "The labels that do not count when series are spread.",
        many=True,
    ),
    Flag(
        "remoteWrite.maxHourlySeries",
        INT,
        0,
        "The most different series in an hour; samples of others are dropped. -1 only counts them.",
        minimum=-1,
    ),
    Flag(
        "remoteWrite.maxDailySeries",
        INT,
        0,
        "The most different series in a day; samples of others are dropped. -1 only counts them.",
        minimum=-1,
    ),
    _each("mdx.enable", BOOL, False, "Keep VictoriaMetrics' own metrics only.", later=when.REMOTES),
    Flag("mdx.label", STRING, "", "The label that marks them.", later=when.REMOTES),
    _each(
        "multitenantURL", STRING, "", "A remote for many tenants.", secret=True, later=when.TENANTS
    ),
)

GROUP = Group(
    "remoteWrite",
    "Where to push, and what to keep meanwhile",
    (*_REMOTE, *_AUTHENTICATION, *_TLS, *_QUEUE, *_PROTOCOL, *_SERIES),
)
