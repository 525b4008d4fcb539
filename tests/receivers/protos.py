"""`prometheus.WriteRequest` for google.protobuf, built at run time: the oracle of the wire reader.

The layout is reference/prometheus.md 1.3, field by field.
"""

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    "string": _FIELD.TYPE_STRING,
    "double": _FIELD.TYPE_DOUBLE,
    "int64": _FIELD.TYPE_INT64,
    "uint64": _FIELD.TYPE_UINT64,
    "uint32": _FIELD.TYPE_UINT32,
    "sint32": _FIELD.TYPE_SINT32,
    "sint64": _FIELD.TYPE_SINT64,
}
# message: fields as "[rep] type name = number"
_MESSAGES = {
    "Label": ["string name 1", "string value 2"],
    "Sample": ["double value 1", "int64 timestamp 2"],
    "Exemplar": ["rep Label labels 1", "double value 2", "int64 timestamp 3"],
    "BucketSpan": ["sint32 offset 1", "uint32 length 2"],
    "Histogram": [
        "uint64 count_int 1",
        "double count_float 2",
        "double sum 3",
        "sint32 schema 4",
        "double zero_threshold 5",
        "uint64 zero_count_int 6",
        "double zero_count_float 7",
        "rep BucketSpan negative_spans 8",
        "rep sint64 negative_deltas 9",
        "rep double negative_counts 10",
        "rep BucketSpan positive_spans 11",
        "rep sint64 positive_deltas 12",
        "rep double positive_counts 13",
        "uint32 reset_hint 14",
        "int64 timestamp 15",
        "rep double custom_values 16",
    ],
    "TimeSeries": [
        "rep Label labels 1",
        "rep Sample samples 2",
        "rep Exemplar exemplars 3",
        "rep Histogram histograms 4",
    ],
    "MetricMetadata": [
        "uint32 type 1",  # an enum there; the wire is the same, and no value is refused here
        "string metric_family_name 2",
        "string help 4",
        "string unit 5",
    ],
    "WriteRequest": ["rep TimeSeries timeseries 1", "rep MetricMetadata metadata 3"],
    # Like a WriteRequest of a later version: fields and wire types that nobody here knows.
    "Unknown": ["string text 9", "double number 10", "uint64 varint 2000", "rep Label labels 77"],
}


def _add_field(message: descriptor_pb2.DescriptorProto, line: str) -> None:
    *repeated, kind, name, number = line.split()
    field = message.field.add(
        name=name,
        number=int(number),
        label=_FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL,
    )
    if kind in _TYPES:
        field.type = _TYPES[kind]
    else:
        field.type = _FIELD.TYPE_MESSAGE
        field.type_name = f".prometheus.{kind}"


def _build() -> dict[str, Any]:
    file = descriptor_pb2.FileDescriptorProto(
        name="receivers_oracle.proto", package="prometheus", syntax="proto3"
    )
    for name, lines in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for line in lines:
            _add_field(message, line)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"prometheus.{name}"))
        for name in _MESSAGES
    }


_CLASSES = _build()
WriteRequest = _CLASSES["WriteRequest"]
TimeSeries = _CLASSES["TimeSeries"]
Unknown = _CLASSES["Unknown"]
