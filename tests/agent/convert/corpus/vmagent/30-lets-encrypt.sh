vmagent -remoteWrite.url=http://a:8428/w -tls -tlsAutocertHosts=vmagent.example.com \
  -tlsAutocertEmail=ops@example.com -tlsAutocertCacheDir=/var/cache/acme -license=xxx -eula \
  -licenseFile=/etc/license -license.forceOffline -licenseFile.reloadInterval=1h
