prometheus --agent --config.file=prometheus.yml --storage.agent.path=/var/lib/prometheus
