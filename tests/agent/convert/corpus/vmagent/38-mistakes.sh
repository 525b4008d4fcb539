vmagent -promscrape.config=scrape.yml -remoteWrite.url=http://vm:8428/w -remoteWrite.flushIntervall=1s \
  -remoteWrite.sendTimeout=soon -remoteWrite.queues -loggerLevel=LOUD false
