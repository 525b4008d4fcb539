#!/bin/sh
# both data centres get everything
exec /usr/local/bin/vmagent-prod \
  -promscrape.config=/etc/vmagent/scrape.yml \
  -promscrape.config.strictParse=false \
  -promscrape.configCheckInterval=30s \
  -remoteWrite.url=https://vm-a.example.com/api/v1/write \
  -remoteWrite.url=https://vm-b.example.com/api/v1/write \
  -remoteWrite.bearerTokenFile=/etc/vmagent/a.token,/etc/vmagent/b.token \
  -remoteWrite.tmpDataPath=/var/lib/vmagent \
  -remoteWrite.maxDiskUsagePerURL=1GiB,2GiB \
  -remoteWrite.keepDanglingQueues \
  -remoteWrite.label=datacenter=west -remoteWrite.label=replica=1 \
  >> /var/log/vmagent.log 2>&1
