"""What promferry has and vmagent has not."""

from agent.flags.flag import BOOL, DURATION, PASSWORD, PERCENT, SIZE, STRING, Flag, Group

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
            "The most to send in a calendar day or month, such as 2GiB/month. Near its end the "
            "backlog waits, then live data goes by every second tick; at its end everything waits.",
            many=True,
        ),
        Flag(
            "remoteWrite.backlogWindow",
            STRING,
            "",
            "When a backlog may be sent, such as 01:00-05:00, local time; live data goes at any "
            "time, ahead of it.",
            many=True,
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
            "Label a target without a port `host:80` or `host:443`, as vmagent and Prometheus 2 "
            "do, instead of `host`.",
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
        ),
        Flag(
            "otlp.grpcListenAddr",
            STRING,
            "",
            "Where to take OTLP by gRPC, such as :4317; off by default.",
        ),
        Flag(
            "otlp.httpListenAddr",
            STRING,
            "",
            "Where to take OTLP by HTTP, such as :4318, beside -httpListenAddr; off by default.",
        ),
        Flag(
            "otlp.delta",
            STRING,
            "refuse",
            "Points of OTLP with delta temporality: refuse them, add them up, or store them as "
            "they are.",
            choices=("refuse", "cumulative", "store"),
        ),
        Flag("otlp.tls", BOOL, False, "TLS on OTLP's own listeners."),
        Flag("otlp.tlsCertFile", STRING, "", "Their certificate."),
        Flag("otlp.tlsKeyFile", STRING, "", "Its key."),
        Flag("otlp.mtls", BOOL, False, "Demand certificates of pushers there."),
        Flag("otlp.mtlsCAFile", STRING, "", "Who signs these; the system's if empty."),
        Flag("otlp.httpAuth.username", STRING, "", "The user name that pushers show there."),
        Flag("otlp.httpAuth.password", PASSWORD, "", "The password that they show."),
        Flag("otlp.bearerToken", PASSWORD, "", "The bearer token that they may show instead."),
    ),
)
