"""What a remote is spoken to in, and what its answers change."""

import pytest

from pushqueue.block import Encoding
from pushqueue.dialect import HEADERS, Dialect, Written
from pushqueue.settings import RW1, RW2, VmProto
from tests.pushqueue.receiver_v2 import check_headers

SNAPPY, ZSTD, V2 = Encoding.RW1_SNAPPY, Encoding.RW1_ZSTD, Encoding.RW2_SNAPPY


def test_headers_of_2_0() -> None:
    check_headers(dict(HEADERS[V2]))


def test_headers_of_1_0() -> None:
    assert dict(HEADERS[SNAPPY]) == {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }


@pytest.mark.parametrize(
    ("headers", "written"),
    [
        pytest.param({}, None, id="none of the three"),
        pytest.param({"samples": "7"}, Written(7, 0, 0), id="a missing one is none written"),
        pytest.param(
            {"samples": "1", "histograms": "2", "exemplars": "3"}, Written(1, 2, 3), id="all three"
        ),
        pytest.param({"samples": "many"}, Written(), id="garbage is none"),
        pytest.param({"samples": "-4"}, Written(), id="less than none is none"),
        pytest.param({"samples": "9" * 4000}, Written(10**15), id="a number without end"),
    ],
)
def test_written(headers: dict[str, str], written: Written | None) -> None:
    full = {f"x-prometheus-remote-write-{kind}-written": text for kind, text in headers.items()}
    assert Written.of(full.get) == written


@pytest.mark.parametrize(
    ("status", "written", "other", "afterwards"),
    [
        pytest.param(200, Written(1), None, V2, id="taken"),
        pytest.param(200, Written(0), None, V2, id="taken, nothing written"),
        pytest.param(204, None, SNAPPY, SNAPPY, id="a 1.0 receiver that looked at no header"),
        pytest.param(415, None, SNAPPY, SNAPPY, id="not that type"),
        pytest.param(415, Written(0), SNAPPY, SNAPPY, id="not that type, with headers"),
        pytest.param(400, None, SNAPPY, V2, id="refused: 1.0 is tried with it"),
        pytest.param(400, Written(0), None, V2, id="refused by somebody who knows 2.0"),
        pytest.param(500, None, None, V2, id="a failure"),
        pytest.param(401, None, None, V2, id="not let in"),
        pytest.param(404, None, None, V2, id="not there"),
    ],
)
def test_2_0_to_an_unknown_remote(
    status: int, written: Written | None, other: Encoding | None, afterwards: Encoding
) -> None:
    dialect = Dialect(RW2)
    assert dialect.encoding is V2
    assert dialect.other(V2, status, written) is other
    assert dialect.encoding is afterwards


def test_a_remote_that_took_2_0_is_not_given_up_for_a_400() -> None:
    dialect = Dialect(RW2)
    dialect.accepted(V2)
    assert dialect.other(V2, 400, None) is None
    assert dialect.other(V2, 415, None) is SNAPPY


def test_a_400_counts_when_1_0_is_taken() -> None:
    dialect = Dialect(RW2)
    assert dialect.other(V2, 400, None) is SNAPPY
    assert dialect.other(SNAPPY, 400, None) is None  # the samples are bad, in either
    assert dialect.encoding is V2
    dialect.other(V2, 400, None)
    dialect.accepted(SNAPPY)
    assert dialect.encoding is SNAPPY


@pytest.mark.parametrize(
    ("status", "body", "encoding"),
    [
        pytest.param(200, b"1", ZSTD, id="yes"),
        pytest.param(200, b"1\n", ZSTD, id="yes, with a line feed"),
        pytest.param(200, b"2", ZSTD, id="a later version"),
        pytest.param(200, b"0", SNAPPY, id="version none"),
        pytest.param(200, b"<html>", SNAPPY, id="a page"),
        pytest.param(200, b"", SNAPPY, id="nothing"),
        pytest.param(405, b"1", SNAPPY, id="Prometheus: method not allowed"),
        pytest.param(400, b"unexpected", SNAPPY, id="VictoriaMetrics 1.79"),
    ],
)
def test_the_probe(status: int, body: bytes, encoding: Encoding) -> None:
    dialect = Dialect(RW1, VmProto.PROBE)
    assert dialect.encoding is SNAPPY
    assert dialect.take_probe()
    assert not dialect.take_probe()
    dialect.probed(status, body)
    assert dialect.encoding is encoding


def test_after_an_outage_the_probe_is_due_again() -> None:
    dialect = Dialect(RW1, VmProto.PROBE)
    dialect.take_probe()
    dialect.unreachable()
    assert not dialect.take_probe()  # not while nobody answers
    dialect.accepted(SNAPPY)
    assert dialect.take_probe()


@pytest.mark.parametrize("vm_proto", [VmProto.OFF, VmProto.FORCED])
def test_no_probe_where_it_is_decided(vm_proto: VmProto) -> None:
    dialect = Dialect(RW1, vm_proto)
    dialect.unreachable()
    dialect.accepted(dialect.encoding)
    assert not dialect.take_probe()


@pytest.mark.parametrize(
    ("vm_proto", "afterwards"),
    [
        pytest.param(VmProto.PROBE, SNAPPY, id="asked for"),
        pytest.param(VmProto.FORCED, ZSTD, id="forced: the Block alone goes out otherwise"),
    ],
)
@pytest.mark.parametrize("status", [400, 415])
def test_zstd_that_is_refused(vm_proto: VmProto, afterwards: Encoding, status: int) -> None:
    dialect = Dialect(RW1, vm_proto)
    dialect.probed(200, b"1")
    assert dialect.other(ZSTD, status, None) is SNAPPY
    assert dialect.encoding is afterwards


@pytest.mark.parametrize(
    ("message", "vm_proto", "queued", "sent"),
    [
        pytest.param(RW1, VmProto.OFF, SNAPPY, SNAPPY, id="as it is"),
        pytest.param(RW1, VmProto.OFF, ZSTD, SNAPPY, id="queued for another remote"),
        pytest.param(RW1, VmProto.FORCED, ZSTD, ZSTD, id="zstd as it is"),
        pytest.param(RW1, VmProto.FORCED, SNAPPY, SNAPPY, id="who takes zstd takes snappy"),
        pytest.param(RW1, VmProto.OFF, V2, SNAPPY, id="2.0 before"),
        pytest.param(RW1, VmProto.FORCED, V2, ZSTD, id="2.0 before, zstd now"),
        pytest.param(RW2, VmProto.OFF, SNAPPY, V2, id="1.0 before"),
        pytest.param(RW2, VmProto.OFF, ZSTD, V2, id="zstd before"),
        pytest.param(RW2, VmProto.OFF, Encoding.RW2_ZSTD, V2, id="2.0 knows snappy alone"),
        pytest.param(RW2, VmProto.FORCED, V2, V2, id="VictoriaMetrics' encoding is of 1.0"),
    ],
)
def test_sendable(message: str, vm_proto: VmProto, queued: Encoding, sent: Encoding) -> None:
    assert Dialect(message, vm_proto).sendable(queued) is sent
