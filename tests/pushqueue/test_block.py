"""The batch table and what a Block says of itself."""

import attrs
import pytest

from pushqueue.block import BatchEntry, Block, pack_table
from tests.pushqueue.blocks import block

ENTRIES = (
    BatchEntry(time_ms=1_700_000_000_000, lane_key=7, sample_count=507, framed_bytes=51_000),
    BatchEntry(time_ms=-1, lane_key=0xFFFF_FFFF, sample_count=1, framed_bytes=90, is_markers=True),
    BatchEntry(time_ms=0, lane_key=0, sample_count=0, framed_bytes=0, is_pushed=True),
)


def test_a_table_is_what_was_packed() -> None:
    table = pack_table(ENTRIES)
    assert len(table) == 21 * len(ENTRIES)
    assert _with_table(table).batches == ENTRIES


def test_only_the_low_half_of_a_lane_key_is_kept() -> None:
    entry = BatchEntry(time_ms=1, lane_key=0xABCD_0000_0005, sample_count=1, framed_bytes=1)
    assert _with_table(entry.pack()).batches[0].lane_key == 5


@pytest.mark.parametrize("cut", [1, 20, 22])
def test_a_cut_table_gives_its_whole_entries(cut: int) -> None:
    assert _with_table(pack_table(ENTRIES)[:cut]).batches == ENTRIES[: cut // 21]


def test_a_block_is_shown_without_its_bytes() -> None:
    assert "body=<100 bytes>" in repr(block(1))


def _with_table(table: bytes) -> Block:
    return attrs.evolve(block(1), table=table)
