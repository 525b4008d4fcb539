vmagent -promscrape.config=https://config.example.com/scrape.yml -promscrape.config.dryRun=false \
  -promscrape.maxResponseHeadersSize=8192 -promscrape.seriesLimitPerTarget=50000 \
  -promscrape.maxDroppedTargets=500 -promscrape.suppressScrapeErrorsDelay=5m \
  -promscrape.disableCompression -promscrape.disableKeepAlive -promscrape.dropOriginalLabels \
  -promscrape.suppressScrapeErrors -promscrape.suppressDuplicateScrapeTargetErrors \
  -promscrape.streamParse -promscrape.minResponseSizeForStreamParse=1e6 \
  -promscrape.fileSDCheckInterval=30s -promscrape.httpSDCheckInterval=30s \
  -remoteWrite.url=http://vm:8428/api/v1/write
