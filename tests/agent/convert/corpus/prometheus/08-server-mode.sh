prometheus --config.file=/etc/prometheus/prometheus.yml --storage.tsdb.path=/var/lib/prometheus --storage.tsdb.retention=15d \
  --storage.tsdb.retention.time=15d --storage.tsdb.retention.size=10GB --storage.tsdb.wal-compression --storage.tsdb.no-lockfile \
  --storage.tsdb.use-lockfile --storage.tsdb.head-chunks-write-queue-size=0 --query.lookback-delta=5m --query.max-concurrency=20 \
  --query.max-samples=50000000 --query.timeout=2m --rules.alert.for-outage-tolerance=1h --rules.alert.for-grace-period=10m \
  --rules.alert.resend-delay=1m --rules.max-concurrent-evals=4 --alertmanager.notification-queue-capacity=10000 \
  --storage.remote.read-sample-limit=5e7 --storage.remote.read-concurrent-limit=10 --storage.remote.read-max-bytes-in-frame=1048576
