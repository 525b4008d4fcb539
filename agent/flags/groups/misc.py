"""Flags of the process itself, and limits of the whole agent."""

from agent.flags.flag import BOOL, DURATION, FLOAT, INT, SIZE, STRING, Flag, Group
from agent.flags.groups import when

_GENERAL = (
    Flag(
        "help",
        STRING,
        "",
        "Show the flags; -help=remoteWrite those of a group, -help=all the ones to come too, "
        "-help=TEXT those that mention it.",
        bare="built",
        aliases=("h",),
    ),
    Flag("version", BOOL, False, "Show the version."),
    Flag("dryRun", BOOL, False, "Check configuration and flags, and exit."),
    Flag(
        "envflag.enable",
        BOOL,
        False,
        "Read flags from environment variables too: remoteWrite_url for -remoteWrite.url. "
        "The command line wins.",
    ),
    Flag("envflag.prefix", STRING, "", "What the names of these variables begin with."),
    Flag(
        "secret.flags",
        STRING,
        "",
        "Flags whose values are hidden in logs, on /flags and in metrics, beside the usual ones.",
        many=True,
    ),
)

_NO_CACHE = "promferry has no such cache"
_NO_LICENSE = "promferry needs no licence"

_LIMITS = (
    Flag(
        "memory.allowedPercent",
        FLOAT,
        60.0,
        "How much of the memory (or of the cgroup's limit) the agent may plan with, in percent.",
    ),
    Flag("memory.allowedBytes", SIZE, 0, "The same in bytes; it wins."),
    Flag(
        "maxIngestionRate",
        INT,
        0,
        "The most samples per second to take; pushers are told to come back, ticks of targets "
        "beyond it are dropped.",
    ),
    *(
        Flag(name, INT, 0, text)
        for name, text in (
            ("maxLabelsPerTimeseries", "The most labels of a series; with more it is dropped."),
            ("maxLabelNameLen", "The longest name of a label; series with others are dropped."),
            ("maxLabelValueLen", "The longest value of a label; likewise."),
        )
    ),
    Flag(
        "usePromCompatibleNaming",
        BOOL,
        False,
        "Replace what Prometheus' old rules do not allow in metric and label names by _.",
    ),
    Flag(
        "sortLabels",
        BOOL,
        False,
        "Sort labels.",
        idle="labels are always sorted",
        quiet=True,
    ),
    Flag("enableMetadata", BOOL, True, "Send metadata to remotes from -remoteWrite.url."),
    Flag("maxInsertRequestSize", SIZE, 32 * 2**20, "The largest push, in bytes."),
    Flag("maxConcurrentInserts", INT, 0, "Pushes at a time; 0 is two for each processor."),
    Flag("insert.maxQueueDuration", DURATION, 60, "How long a push may wait for its turn."),
    Flag(
        "enableTCP6",
        BOOL,
        False,
        "Use IPv6 too.",
        idle="IPv4 and IPv6 are both used",
        quiet=True,
    ),
    Flag("metrics.exposeMetadata", BOOL, False, "HELP and TYPE.", idle="they are always there"),
    *(
        Flag(f"pushmetrics.{name}", STRING, "", text, many=True, secret=secret)
        for name, text, secret in (
            ("url", "Where to push the agent's own metrics.", True),
            ("extraLabel", "Labels to add to them.", False),
            ("header", "Headers to send along.", True),
        )
    ),
    Flag("pushmetrics.interval", DURATION, 10, "How often to push them."),
    Flag("pushmetrics.disableCompression", BOOL, False, "Push them raw."),
    *(
        Flag(f"fs.{name}", BOOL, False, text, idle="the agent maps no files", quiet=True)
        for name, text in (
            ("disableMmap", "Do not map files into memory."),
            ("disableMincore", "Do not ask which mapped pages are resident."),
        )
    ),
    *(
        Flag(name, kind, default, "Of vmagent's caches.", idle=_NO_CACHE, quiet=True)
        for name, kind, default in (
            ("blockcache.missesBeforeCaching", INT, 2),
            ("cacheExpireDuration", DURATION, 1800),
            ("filestream.disableFadvise", BOOL, False),
            ("internStringCacheExpireDuration", DURATION, 360),
            ("internStringDisableCache", BOOL, False),
            ("internStringMaxLen", INT, 500),
            ("prevCacheRemovalPercent", FLOAT, 0.1),
        )
    ),
    Flag("denyQueryTracing", BOOL, False, "No tracing.", idle="nothing is queried", quiet=True),
    Flag("license", STRING, "", "A licence.", secret=True, idle=_NO_LICENSE),
    Flag("licenseFile", STRING, "", "A file with a licence.", idle=_NO_LICENSE),
    Flag("license.forceOffline", BOOL, False, "Check it here.", idle=_NO_LICENSE),
    Flag("licenseFile.reloadInterval", DURATION, 3600, "Read it anew.", idle=_NO_LICENSE),
    Flag("eula", BOOL, False, "Accept a licence.", idle=_NO_LICENSE),
    Flag("fs.maxConcurrency", INT, 0, "Files at a time.", idle="one thread per queue writes"),
    Flag("enableMultitenantHandlers", BOOL, False, "Paths per tenant.", later=when.TENANTS),
    Flag("enableMultitenancyViaHeaders", BOOL, True, "Tenants by header.", later=when.TENANTS),
)

GROUP = Group("general", "General", (*_GENERAL, *_LIMITS))
