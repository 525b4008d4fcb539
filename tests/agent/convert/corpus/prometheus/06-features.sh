prometheus --agent --config.file=p.yml --enable-feature=extra-scrape-metrics,native-histograms --enable-feature=exemplar-storage \
  --config.auto-reload-interval=30s --scrape.adjust-timestamps --scrape.timestamp-tolerance=10ms --scrape.discovery-reload-interval=10s \
  --storage.agent.use-lockfile
