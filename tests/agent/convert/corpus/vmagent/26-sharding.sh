vmagent -remoteWrite.url=http://a:8428/w -remoteWrite.url=http://b:8428/w -remoteWrite.url=http://c:8428/w \
  -remoteWrite.shardByURL -remoteWrite.shardByURLReplicas=2 -remoteWrite.shardByURL.labels=instance,__name__ \
  -remoteWrite.tmpDataPath=/data
