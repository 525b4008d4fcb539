"""`io.prometheus.client.MetricFamily` for google.protobuf, built at run time: the oracle.

The layout is reference/prometheus.md 1.3, field by field.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format

from series.wire import varint

_FIELD = descriptor_pb2.FieldDescriptorProto
_MESSAGES = {
    "Timestamp": "int64 seconds 1, int32 nanos 2",
    "LabelPair": "string name 1, string value 2",
    "Exemplar": "rep LabelPair label 1, double value 2, Timestamp timestamp 3",
    "Gauge": "double value 1",
    "Counter": "double value 1, Exemplar exemplar 2, Timestamp created_timestamp 3",
    "Quantile": "double quantile 1, double value 2",
    "Summary": "uint64 sample_count 1, double sample_sum 2, rep Quantile quantile 3, "
    "Timestamp created_timestamp 4",
    "Untyped": "double value 1",
    "BucketSpan": "sint32 offset 1, uint32 length 2",
    "Bucket": "uint64 cumulative_count 1, double upper_bound 2, Exemplar exemplar 3, "
    "double cumulative_count_float 4",
    "Histogram": "uint64 sample_count 1, double sample_sum 2, rep Bucket bucket 3, "
    "double sample_count_float 4, sint32 schema 5, double zero_threshold 6, uint64 zero_count 7, "
    "double zero_count_float 8, rep BucketSpan negative_span 9, rep sint64 negative_delta 10, "
    "rep double negative_count 11, rep BucketSpan positive_span 12, rep sint64 positive_delta 13, "
    "rep double positive_count 14, Timestamp created_timestamp 15, rep Exemplar exemplars 16",
    "Metric": "rep LabelPair label 1, Gauge gauge 2, Counter counter 3, Summary summary 4, "
    "Untyped untyped 5, int64 timestamp_ms 6, Histogram histogram 7",
    "MetricFamily": "string name 1, string help 2, uint32 type 3, rep Metric metric 4, "
    "string unit 5",
}


def _build() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="families.proto", package="exposed", syntax="proto2"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields.split(", "):
            is_repeated = text.startswith("rep ")
            kind, field_name, number = text.removeprefix("rep ").split()
            field = message.field.add(name=field_name, number=int(number))
            field.label = _FIELD.LABEL_REPEATED if is_repeated else _FIELD.LABEL_OPTIONAL
            if kind in _MESSAGES:
                field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".exposed.{kind}"
            else:
                field.type = getattr(_FIELD, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("exposed.MetricFamily"))


MetricFamily = _build()


def delimited_families(*families: Any) -> bytes:
    raw = [family.SerializeToString() for family in families]
    return b"".join([varint(len(each)) + each for each in raw])


def families_from_text(*texts: str) -> bytes:
    """A page of families, each in protobuf's text format."""
    return delimited_families(*[text_format.Parse(text, MetricFamily()) for text in texts])
