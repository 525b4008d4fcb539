"""`io.prometheus.write.v2.Request` for google.protobuf, built at run time: the oracle.

The layout is reference/prometheus.md 1.3, field by field, oneofs included.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

PACKAGE = "io.prometheus.write.v2"
_FIELD = descriptor_pb2.FieldDescriptorProto
# message: fields as "[rep] type name number [oneof]"
_MESSAGES = {
    "Sample": "double value 1, int64 timestamp 2, int64 start_timestamp 3",
    "Exemplar": "rep uint32 labels_refs 1, double value 2, int64 timestamp 3",
    "Metadata": "uint32 type 1, uint32 help_ref 3, uint32 unit_ref 4",
    "BucketSpan": "sint32 offset 1, uint32 length 2",
    "Histogram": "uint64 count_int 1 count, double count_float 2 count, double sum 3, "
    "sint32 schema 4, double zero_threshold 5, uint64 zero_count_int 6 zero_count, "
    "double zero_count_float 7 zero_count, rep BucketSpan negative_spans 8, "
    "rep sint64 negative_deltas 9, rep double negative_counts 10, "
    "rep BucketSpan positive_spans 11, rep sint64 positive_deltas 12, "
    "rep double positive_counts 13, uint32 reset_hint 14, int64 timestamp 15, "
    "rep double custom_values 16, int64 start_timestamp 17",
    "TimeSeries": "rep uint32 labels_refs 1, rep Sample samples 2, rep Histogram histograms 3, "
    "rep Exemplar exemplars 4, Metadata metadata 5",
    "Request": "rep string symbols 4, rep TimeSeries timeseries 5",
}


def _add_field(message: descriptor_pb2.DescriptorProto, text: str) -> None:
    words = text.split()
    is_repeated = words[0] == "rep"
    kind, name, number, *oneof = words[is_repeated:]
    field = message.field.add(name=name, number=int(number))
    field.label = _FIELD.LABEL_REPEATED if is_repeated else _FIELD.LABEL_OPTIONAL
    if kind in _MESSAGES:
        field.type, field.type_name = _FIELD.TYPE_MESSAGE, f".{PACKAGE}.{kind}"
    else:
        field.type = getattr(_FIELD, f"TYPE_{kind.upper()}")
    if oneof:
        known = [each.name for each in message.oneof_decl]
        if oneof[0] not in known:
            message.oneof_decl.add(name=oneof[0])
            known.append(oneof[0])
        field.oneof_index = known.index(oneof[0])


def _build() -> Any:
    file = descriptor_pb2.FileDescriptorProto(
        name="oracle_v2.proto", package=PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for text in fields.split(", "):
            _add_field(message, text)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.Request"))


Request = _build()
