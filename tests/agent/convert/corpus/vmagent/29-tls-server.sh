vmagent -remoteWrite.url=http://a:8428/w -tls -tlsCertFile=/etc/tls/server.pem -tlsKeyFile=/etc/tls/server.key \
  -tlsMinVersion=TLS12 -tlsCipherSuites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 -mtls -mtlsCAFile=/etc/tls/ca.pem
