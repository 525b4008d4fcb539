prometheus --agent --config.file=p.yml --web.config.file=web.yml --web.enable-lifecycle --web.page-title=Edge \
  --web.cors.origin='https?://(a|b)\.example\.com' --web.read-timeout=2m --web.max-connections=100 \
  --web.console.templates=consoles --web.console.libraries=console_libraries --web.local-assets=x --web.user-assets=y \
  --web.enable-admin-api --web.enable-remote-write-receiver --web.enable-otlp-receiver --web.external-url=http://x/ --web.route-prefix=/
