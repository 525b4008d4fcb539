prometheus --agent --config.file=p.yml --enable-feature=created-timestamp-zero-ingestion --web.enable-remote-write-receiver
