"""The families of a job, as remote write wants them."""

from scraper.metadata import TargetMetadata, families_of
from series.metadata import Metadata, MetricType


def test_the_families_of_a_job() -> None:
    one = TargetMetadata({}, (b"# TYPE a counter", b"# HELP a b\\nc", b"# UNIT a s", b"# EOF"))
    same = TargetMetadata({}, one.comments)
    other = TargetMetadata({}, (b"# TYPE a gauge", b'# TYPE "d.e" untyped', b"# x"))
    assert families_of((one, same, other)) == [
        Metadata("a", MetricType.COUNTER, "b\nc", "s"),
        Metadata("d.e", MetricType.UNKNOWN),
    ]
