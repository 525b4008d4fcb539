vmagent -remoteWrite.url=http://a:8428/w -opentelemetry.usePrometheusNaming \
  -opentelemetry.promoteAllResourceAttributes -opentelemetry.ignoreResourceAttributes=process.command_args
