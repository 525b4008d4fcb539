docker run -d --name vmagent --restart=always -p 8429:8429 \
  -v /etc/vmagent:/etc/vmagent:ro -v vmagentdata:/vmagentdata \
  victoriametrics/vmagent:v1.93.0 \
  -promscrape.config=/etc/vmagent/prometheus.yml \
  -remoteWrite.url=http://victoriametrics:8428/api/v1/write \
  -remoteWrite.tmpDataPath=/vmagentdata \
  -loggerFormat=json -loggerTimezone=Europe/Berlin
