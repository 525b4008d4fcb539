"""What promferry has and vmagent has not."""

from agent.flags.flag import BOOL, DURATION, PERCENT, SIZE, STRING, Flag, Group
from agent.flags.groups import when

GROUP = Group(
    "promferry",
    "What vmagent does not have",
    (
        Flag(
            "remoteWrite.spillAfter",
            DURATION,
            1,
            "What is not delivered after so long is written to disk; 0 writes everything first.",
            many=True,
        ),
        Flag(
            "remoteWrite.minFreeDiskSpace",
            PERCENT,
            5.0,
            "How much of the disk stays free.",
            many=True,
        ),
        Flag(
            "remoteWrite.maxAge",
            DURATION,
            0,
            "Older samples are dropped instead of sent; 0 sends all.",
            many=True,
        ),
        Flag(
            "remoteWrite.freshFirst",
            BOOL,
            False,
            "After an outage send new data at once and the backlog beside it.",
            many=True,
        ),
        Flag(
            "remoteWrite.protobufMessage",
            STRING,
            "",
            "The message to send: prometheus.WriteRequest (remote write 1.0, the default) or "
            "io.prometheus.write.v2.Request (2.0).",
            many=True,
        ),
        Flag(
            "remoteWrite.sendExemplars",
            BOOL,
            False,
            "Send exemplars beside samples.",
            many=True,
        ),
        Flag(
            "remoteWrite.sendNativeHistograms",
            BOOL,
            False,
            "Send native histograms.",
            many=True,
        ),
        Flag(
            "remoteWrite.maxRequestSize",
            SIZE,
            0,
            "The largest request after compression, for remotes that refuse larger ones; 0 is any.",
            many=True,
        ),
        Flag(
            "remoteWrite.dataBudget",
            STRING,
            "",
            "The most to send in a time, such as 2GiB/month.",
            many=True,
            later=when.REMOTES,
        ),
        Flag(
            "remoteWrite.backlogWindow",
            STRING,
            "",
            "When a backlog may be sent, such as 01:00-05:00.",
            many=True,
            later=when.REMOTES,
        ),
        Flag(
            "promscrape.lenientParse",
            BOOL,
            False,
            "Skip and count bad lines of a scrape, as vmagent does, instead of failing it.",
        ),
        Flag(
            "promscrape.instanceDefaultPort",
            BOOL,
            False,
            "Label a target without a port `host:80` or `host:443`, as vmagent and Prometheus 2, "
            "instead of `host`.",
        ),
        Flag(
            "promscrape.startTimestamps",
            BOOL,
            False,
            "Read when counters began: `_created` lines become start timestamps instead of series, "
            "and protobuf is asked for first.",
        ),
        Flag(
            "promscrape.vmagentReportSeries",
            BOOL,
            False,
            "Add vmagent's series about each scrape.",
        ),
        Flag(
            "metrics.prometheusNames",
            BOOL,
            False,
            "Expose the agent's metrics under Prometheus' names too.",
        ),
        Flag(
            "push.ack",
            STRING,
            "accepted",
            "When a pusher is answered: when its data is in memory, or when it is on disk.",
            choices=("accepted", "durable"),
            later=when.PUSHED,
        ),
        Flag("otlp.grpcListenAddr", STRING, "", "Where to take OTLP by gRPC.", later=when.PUSHED),
        Flag("otlp.httpListenAddr", STRING, "", "Where to take OTLP by HTTP.", later=when.PUSHED),
    ),
)
