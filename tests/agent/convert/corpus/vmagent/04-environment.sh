#!/bin/bash
set -e
export REMOTE_URL=https://vm.example.com/api/v1/write
export MEMORY=40
: the token comes from the vault
TOKEN_FILE=/run/vault/token
exec vmagent -promscrape.config="${CONFIG:-/etc/vmagent/prometheus.yml}" \
  -remoteWrite.url="$REMOTE_URL" -remoteWrite.bearerTokenFile=${TOKEN_FILE} \
  -memory.allowedPercent=$MEMORY -remoteWrite.label="host=%{HOSTNAME}" $EXTRA_ARGS
