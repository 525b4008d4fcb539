vmagent -remoteWrite.url=http://a:8428/w -loggerLevel=INFO -loggerFormat=default -loggerOutput=stdout \
  -loggerTimezone=UTC -loggerDisableTimestamps -loggerJSONFields=ts:timestamp,msg:message -loggerMaxArgLen=1000 \
  -loggerErrorsPerSecondLimit=10 -loggerWarnsPerSecondLimit=10 -secret.flags=remoteWrite.label \
  -metrics.exposeMetadata -pushmetrics.url=http://vm:8428/api/v1/import/prometheus -pushmetrics.interval=30s \
  -pushmetrics.extraLabel='instance="vmagent-1"' -pushmetrics.header='X-Scope-OrgID: ops' -pushmetrics.disableCompression
