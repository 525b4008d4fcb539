"""Flags of vmagent's push formats; those that promferry will not have this round are refused."""

from agent.flags.flag import BOOL, DURATION, INT, SIZE, STRING, Flag, Group, Kind, Value
from agent.flags.groups import when

_OTHERS: tuple[tuple[str, Kind, Value], ...] = (
    ("csvTrimTimestamp", DURATION, 0.001),
    ("datadog.maxInsertRequestSize", SIZE, 64 * 2**20),
    ("datadog.sanitizeMetricName", BOOL, True),
    ("graphite.sanitizeMetricName", BOOL, False),
    ("graphiteListenAddr", STRING, ""),
    ("graphiteListenAddr.useProxyProtocol", BOOL, False),
    ("graphiteTrimTimestamp", DURATION, 1.0),
    ("import.maxLineLen", SIZE, 10 * 2**20),
    ("influx.forceStreamMode", BOOL, False),
    ("influx.maxLineSize", SIZE, 256 * 2**10),
    ("influx.maxRequestSize", SIZE, 64 * 2**20),
    ("influxDBLabel", STRING, "db"),
    ("influxListenAddr", STRING, ""),
    ("influxListenAddr.useProxyProtocol", BOOL, False),
    ("influxMeasurementFieldSeparator", STRING, "_"),
    ("influxSkipMeasurement", BOOL, False),
    ("influxSkipSingleField", BOOL, False),
    ("influxTrimTimestamp", DURATION, 0.001),
    ("newrelic.maxInsertRequestSize", SIZE, 64 * 2**20),
    ("opentsdbHTTPListenAddr", STRING, ""),
    ("opentsdbHTTPListenAddr.useProxyProtocol", BOOL, False),
    ("opentsdbListenAddr", STRING, ""),
    ("opentsdbListenAddr.useProxyProtocol", BOOL, False),
    ("opentsdbTrimTimestamp", DURATION, 1.0),
    ("opentsdbhttp.maxInsertRequestSize", SIZE, 32 * 2**20),
    ("opentsdbhttpTrimTimestamp", DURATION, 0.001),
    ("zabbixconnector.addDuplicateTagsSeparator", STRING, ""),
    ("zabbixconnector.addEmptyTagsValue", STRING, ""),
    ("zabbixconnector.addGroupsValue", STRING, ""),
    ("zabbixconnector.maxLineLen", SIZE, 32 * 2**20),
)

_OPENTELEMETRY: tuple[tuple[str, Kind, Value, str, bool], ...] = (
    ("maxRequestSize", SIZE, 64 * 2**20, "The largest OTLP request.", False),
    (
        "usePrometheusNaming",
        BOOL,
        True,
        "Names and labels as Prometheus writes them; false keeps them. Default as in Prometheus.",
        False,
    ),
    ("convertMetricNamesToPrometheus", BOOL, False, "The same for names only.", False),
    ("labelNameUnderscoreSanitization", BOOL, True, "Prefix labels that begin with `_`.", False),
    (
        "promoteAllResourceAttributes",
        BOOL,
        False,
        "All resource attributes to labels; vmagent's default is true.",
        False,
    ),
    ("promoteResourceAttributes", STRING, "", "These resource attributes to labels.", True),
    ("ignoreResourceAttributes", STRING, "", "All but these to labels.", True),
    (
        "promoteScopeMetadata",
        BOOL,
        False,
        "Name and version of the scope to labels; vmagent's default is true.",
        False,
    ),
)

# vmagent's enterprise builds only.
_QUEUED_ITEMS: tuple[tuple[str, Kind, Value], ...] = (
    ("gcp.pubsub.publish.byteThreshold", INT, 1_000_000),
    ("gcp.pubsub.publish.countThreshold", INT, 100),
    ("gcp.pubsub.publish.credentialsFile", STRING, ""),
    ("gcp.pubsub.publish.delayThreshold", DURATION, 0.01),
    ("gcp.pubsub.publish.maxOutstandingBytes", INT, -1),
    ("gcp.pubsub.publish.maxOutstandingMessages", INT, 100),
    ("gcp.pubsub.publish.timeout", DURATION, 60),
    ("gcp.pubsub.subscribe.credentialsFile", STRING, ""),
    ("gcp.pubsub.subscribe.defaultMessageFormat", STRING, "promremotewrite"),
    ("gcp.pubsub.subscribe.topicSubscription", STRING, ""),
    ("gcp.pubsub.subscribe.topicSubscription.concurrency", INT, 0),
    ("gcp.pubsub.subscribe.topicSubscription.isGzipped", BOOL, False),
    ("gcp.pubsub.subscribe.topicSubscription.messageFormat", STRING, ""),
    ("kafka.consumer.topic", STRING, ""),
    ("kafka.consumer.topic.basicAuth.username", STRING, ""),
    ("kafka.consumer.topic.brokers", STRING, ""),
    ("kafka.consumer.topic.concurrency", INT, 1),
    ("kafka.consumer.topic.defaultFormat", STRING, "promremotewrite"),
    ("kafka.consumer.topic.format", STRING, ""),
    ("kafka.consumer.topic.groupID", STRING, ""),
    ("kafka.consumer.topic.isGzipped", BOOL, False),
    ("kafka.consumer.topic.options", STRING, ""),
)

GROUP = Group(
    "push",
    "Pushed metrics",
    (
        *(
            Flag(f"opentelemetry.{name}", kind, default, text, many=many)
            for name, kind, default, text, many in _OPENTELEMETRY
        ),
        *(
            Flag(name, kind, default, "As in vmagent.", later=when.OTHER_PUSHED)
            for name, kind, default in _OTHERS
        ),
        Flag(
            "influx.databaseNames",
            STRING,
            "",
            "As in vmagent.",
            many=True,
            later=when.OTHER_PUSHED,
        ),
        *(
            Flag(name, kind, default, "As in vmagent.", many=True, later=when.QUEUED)
            for name, kind, default in _QUEUED_ITEMS
        ),
        Flag(
            "kafka.consumer.topic.basicAuth.password",
            STRING,
            "",
            "As in vmagent.",
            many=True,
            secret=True,
            later=when.QUEUED,
        ),
    ),
)
