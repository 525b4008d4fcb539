"""Batches of every kind that a remote may be given."""

from array import array
from collections.abc import Sequence

from series.batch import Batch
from series.exemplar import Exemplar
from series.histogram import CUSTOM_BUCKETS_SCHEMA, BucketSpan, Histogram, ResetHint
from series.labels import canonical
from series.layout import Layout
from series.metadata import Families, Metadata, MetricType
from series.template import Template
from series.wire import encode_label
from tests.pushqueue.blocks import NOW_MS

INTEGERS = Histogram(
    schema=1,
    count=9,
    sum=3.5,
    zero_threshold=0.001,
    zero_count=2,
    positive_spans=(BucketSpan(-1, 2), BucketSpan(1, 1)),
    positive_buckets=(1, 1, -1),
    negative_spans=(BucketSpan(0, 1),),
    negative_buckets=(1,),
    reset_hint=ResetHint.GAUGE,
)
FLOATS = Histogram(
    schema=-4,
    count=4.5,
    sum=-1.25,
    zero_count=0.5,
    positive_spans=(BucketSpan(3, 2),),
    positive_buckets=(1.5, 2.5),
    is_float=True,
)
CUSTOM = Histogram(
    schema=CUSTOM_BUCKETS_SCHEMA,
    count=3,
    sum=2.0,
    positive_spans=(BucketSpan(0, 2),),
    positive_buckets=(1, 1),
    custom_values=(0.5, 2.5),
)
FAMILIES = Families(
    lambda: [
        Metadata("m", MetricType.COUNTER, "how often", "turns"),
        Metadata("h", MetricType.HISTOGRAM, "how long"),
    ]
)
EXEMPLAR = Exemplar((("trace_id", "abc"),), 0.5, NOW_MS - 5)
UNSTAMPED = Exemplar((("trace_id", "def"), ("zone", "é")), 1.5)


def layout_of(names: Sequence[str], **labels: str) -> Layout:
    return Layout(
        tuple(Template.constant(canonical({"__name__": name, **labels})) for name in names)
    )


def holed(names: Sequence[str]) -> Layout:
    """Series of a shape, with `instance` and `job` open; every second one has a label between."""
    templates = []
    for number, name in enumerate(names):
        head = encode_label("__name__", name) + encode_label("device", f"d{number % 3}")
        between = encode_label("integer", str(number)) if number % 2 else b""
        templates.append(Template((head, between, encode_label("zone", "z")), (0, 1)))
    return Layout(tuple(templates))


def chunks(instance: str, job: str = "node") -> tuple[bytes, ...]:
    return encode_label("instance", instance), encode_label("job", job)


def floats(layout: Layout, **fields: object) -> Batch:
    return Batch(
        **{  # type: ignore[arg-type]
            "lane_key": 1,
            "layout": layout,
            "values": array("d", [float(number) for number in range(len(layout))]),
            "timestamps": NOW_MS,
            **fields,
        }
    )


def natives(*histograms: Histogram, **fields: object) -> Batch:
    layout = layout_of([f"h{number}" for number in range(len(histograms))], job="node")
    return floats(
        layout,
        values=array("d", [0.0] * len(histograms)),
        histograms=dict(enumerate(histograms)),
        **fields,
    )
