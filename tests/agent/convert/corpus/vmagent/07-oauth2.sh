vmagent -remoteWrite.url=https://a.example.com/w -remoteWrite.oauth2.clientID=edge \
  -remoteWrite.oauth2.clientSecretFile=/run/secrets/oauth -remoteWrite.oauth2.scopes='write;read' \
  -remoteWrite.oauth2.tokenUrl=https://idp.example.com/token \
  -remoteWrite.oauth2.endpointParams='{"audience":"metrics"}'
vm2=1
