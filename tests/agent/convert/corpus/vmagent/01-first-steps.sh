vmagent -promscrape.config=/etc/vmagent/prometheus.yml -remoteWrite.url=http://127.0.0.1:8428/api/v1/write
