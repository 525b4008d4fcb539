vmagent -remoteWrite.url=http://a:8428/w -streamAggr.config=/etc/aggr.yml -streamAggr.keepInput -streamAggr.dropInput \
  -streamAggr.dedupInterval=30s -streamAggr.dropInputLabels=replica -streamAggr.ignoreOldSamples -streamAggr.ignoreFirstIntervals=1 \
  -streamAggr.enableWindows -remoteWrite.streamAggr.config=/etc/aggr-a.yml -remoteWrite.streamAggr.keepInput \
  -remoteWrite.streamAggr.dropInput -remoteWrite.streamAggr.dedupInterval=30s -remoteWrite.streamAggr.dropInputLabels=replica \
  -remoteWrite.streamAggr.ignoreOldSamples -remoteWrite.streamAggr.ignoreFirstIntervals=1 -remoteWrite.streamAggr.enableWindows
