vmagent -remoteWrite.url=http://a:8428/w -csvTrimTimestamp=1ms -datadog.maxInsertRequestSize=64MiB -datadog.sanitizeMetricName=false \
  -graphite.sanitizeMetricName -graphiteListenAddr=:2003 -graphiteListenAddr.useProxyProtocol -graphiteTrimTimestamp=2s \
  -import.maxLineLen=20MiB -influx.forceStreamMode -influx.maxLineSize=512KiB -influx.maxRequestSize=32MiB -influxDBLabel=database \
  -influxListenAddr=:8189 -influxListenAddr.useProxyProtocol -influxMeasurementFieldSeparator=. -influxSkipMeasurement \
  -influxSkipSingleField -influxTrimTimestamp=2ms -influx.databaseNames=telegraf -newrelic.maxInsertRequestSize=32MiB \
  -opentsdbHTTPListenAddr=:4242 -opentsdbHTTPListenAddr.useProxyProtocol -opentsdbListenAddr=:4243 \
  -opentsdbListenAddr.useProxyProtocol -opentsdbTrimTimestamp=2s -opentsdbhttp.maxInsertRequestSize=16MiB \
  -opentsdbhttpTrimTimestamp=2ms -zabbixconnector.addDuplicateTagsSeparator=, -zabbixconnector.addEmptyTagsValue=x \
  -zabbixconnector.addGroupsValue=y -zabbixconnector.maxLineLen=1MiB
