vmagent -remoteWrite.url=http://a:8428/w -dryRun=false -maxInsertRequestSize=64MiB -maxConcurrentInserts=16 \
  -insert.maxQueueDuration=30s -fs.disableMmap -fs.disableMincore -fs.maxConcurrency=16 -blockcache.missesBeforeCaching=2 \
  -cacheExpireDuration=30m -filestream.disableFadvise -internStringCacheExpireDuration=6m -internStringDisableCache \
  -internStringMaxLen=500 -prevCacheRemovalPercent=0.1 -denyQueryTracing
