vmagent -remoteWrite.url=http://a:8428/w -httpListenAddr=0.0.0.0:8429 -httpListenAddr.useProxyProtocol=false \
  -httpAuth.username=admin -httpAuth.password=file:///etc/vmagent/password \
  -configAuthKey=a -reloadAuthKey=b -metricsAuthKey=c -flagsAuthKey=d -pprofAuthKey=e \
  -http.pathPrefix=/vmagent -http.connTimeout=5m -http.idleConnTimeout=2m \
  -http.maxGracefulShutdownDuration=10s -http.shutdownDelay=5s -http.disableKeepAlive \
  -http.disableResponseCompression -http.header.disableServerHostname -http.disableCORS \
  -http.header.hsts='max-age=31536000' -http.header.csp="default-src 'self'" -http.header.frameOptions=DENY \
  -enableTCP6
