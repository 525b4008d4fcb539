#!/bin/sh
# A command line as vendors give it for vmagent; only the program's name is another.
# Put your endpoint in. Better than to trust any certificate: -remoteWrite.tlsCAFile=ca.pem
exec promferry \
    -promscrape.config=/etc/prometheus/prometheus.yml \
    -remoteWrite.url=https://endpoint.example/api/v1/receive \
    -remoteWrite.tlsInsecureSkipVerify
