vmagent -remoteWrite.url=http://a:8428/w -remoteWrite.url=http://b:8428/w \
  -remoteWrite.shardByURL -remoteWrite.shardByURL.ignoreLabels=pod \
  -remoteWrite.mdx.enable=true -mdx.label=service.name \
  -enableMultitenantHandlers -enableMultitenancyViaHeaders -remoteWrite.multitenantURL=http://vminsert:8480
