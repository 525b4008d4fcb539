vmagent -remoteWrite.url=http://a:8428/api/v1/write -remoteWrite.url=http://b:8428/api/v1/write \
  -remoteWrite.relabelConfig=rules/relabel.yml -remoteWrite.relabelDebug=false \
  -remoteWrite.urlRelabelConfig=rules/a.yml,rules/b.yml -remoteWrite.urlRelabelDebug=false \
  -remoteWrite.obfuscateLabels=user^^ip -remoteWrite.maxHourlySeries=100000 -remoteWrite.maxDailySeries=500000 \
  -maxLabelsPerTimeseries=40 -maxLabelNameLen=256 -maxLabelValueLen=4096 \
  -usePromCompatibleNaming -sortLabels -enableMetadata=false -maxIngestionRate=100000 \
  -remoteWrite.disableOnDiskQueue -remoteWrite.dropSamplesOnOverload -remoteWrite.forceVMProto=false
