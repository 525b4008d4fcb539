vmagent -remoteWrite.url=http://a:8428/w -opentelemetry.usePrometheusNaming -opentelemetry.maxRequestSize=16MiB \
  -opentelemetry.convertMetricNamesToPrometheus=false -opentelemetry.labelNameUnderscoreSanitization \
  -opentelemetry.promoteResourceAttributes=service.name,host.name -opentelemetry.promoteScopeMetadata
