vmagent -remoteWrite.url=http://a:8428/w -kafka.consumer.topic=metrics -kafka.consumer.topic.brokers='kafka-1:9092;kafka-2:9092' \
  -kafka.consumer.topic.basicAuth.username=u -kafka.consumer.topic.basicAuth.password=p -kafka.consumer.topic.concurrency=2 \
  -kafka.consumer.topic.defaultFormat=influx -kafka.consumer.topic.format=promremotewrite -kafka.consumer.topic.groupID=vmagent \
  -kafka.consumer.topic.isGzipped -kafka.consumer.topic.options='max.poll.records=10' \
  -gcp.pubsub.publish.byteThreshold=2000 -gcp.pubsub.publish.countThreshold=200 -gcp.pubsub.publish.credentialsFile=/etc/gcp.json \
  -gcp.pubsub.publish.delayThreshold=20ms -gcp.pubsub.publish.maxOutstandingBytes=1 -gcp.pubsub.publish.maxOutstandingMessages=200 \
  -gcp.pubsub.publish.timeout=30s -gcp.pubsub.subscribe.credentialsFile=/etc/gcp.json \
  -gcp.pubsub.subscribe.defaultMessageFormat=influx -gcp.pubsub.subscribe.topicSubscription=projects/p/subscriptions/s \
  -gcp.pubsub.subscribe.topicSubscription.concurrency=2 -gcp.pubsub.subscribe.topicSubscription.isGzipped \
  -gcp.pubsub.subscribe.topicSubscription.messageFormat=influx
