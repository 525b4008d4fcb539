"""Flags of vmagent's push formats; those that promferry will not have this round are refused."""

from agent.flags.flag import BOOL, DURATION, SIZE, STRING, Flag, Group, Kind, Value
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
    ("usePrometheusNaming", BOOL, False, "Names and labels as Prometheus writes them.", False),
    ("convertMetricNamesToPrometheus", BOOL, False, "The same for names only.", False),
    ("labelNameUnderscoreSanitization", BOOL, True, "Prefix labels that begin with `_`.", False),
    ("promoteAllResourceAttributes", BOOL, True, "All resource attributes to labels.", False),
    ("promoteResourceAttributes", STRING, "", "These resource attributes to labels.", True),
    ("ignoreResourceAttributes", STRING, "", "All but these to labels.", True),
    ("promoteScopeMetadata", BOOL, True, "Name and version of the scope to labels.", False),
)

GROUP = Group(
    "push",
    "Pushed metrics",
    (
        *(
            Flag(f"opentelemetry.{name}", kind, default, text, many=many, later=when.PUSHED)
            for name, kind, default, text, many in _OPENTELEMETRY
        ),
        *(
            Flag(name, kind, default, "As in vmagent.", later=when.OTHER_PUSHED)
            for name, kind, default in _OTHERS
        ),
    ),
)
