/usr/bin/prometheus --enable-feature=agent --config.file /etc/prometheus/prometheus.yml --storage.agent.path=/prometheus --web.listen-address=0.0.0.0:9090 --log.level=warn --log.format=json
