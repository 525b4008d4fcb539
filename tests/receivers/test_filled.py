"""Both twins of what fills a large bytes object."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

import pytest

from receivers import filled
from receivers.filled import copied_into

has_compiled = find_spec("receivers.filled_c") is not None
compiled: Any = import_module("receivers.filled_c") if has_compiled else None
TWINS = [
    pytest.param(filled, id="pure Python"),
    pytest.param(
        compiled,
        id="compiled",
        marks=pytest.mark.skipif(not has_compiled, reason="the kernel is not built"),
    ),
]


@pytest.mark.parametrize("twin", TWINS)
@pytest.mark.parametrize(
    "pieces",
    [
        pytest.param([], id="nothing"),
        pytest.param([b""], id="an empty piece"),
        pytest.param([b"a", b"bc", b"", b"d"], id="several"),
        pytest.param([bytes(range(256)) * 3000, b"x"], id="one that is copied in steps"),
    ],
)
def test_pieces_become_one(twin: Any, pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    assert twin.filled(len(whole), copied_into(pieces)) == whole


@pytest.mark.parametrize("twin", TWINS)
def test_what_cannot_be_written_is_an_error(twin: Any) -> None:
    def fail(view: memoryview) -> None:
        raise KeyError("why")

    with pytest.raises(KeyError):
        twin.filled(5, fail)
    with pytest.raises(ValueError, match="-1"):
        twin.filled(-1, copied_into([]))
    with pytest.raises(ValueError, match="memoryview"):
        twin.filled(1, copied_into([b"too long"]))


@pytest.mark.parametrize("twin", TWINS)
def test_nobody_changes_the_bytes_later(twin: Any) -> None:
    kept: list[memoryview] = []

    def write(view: memoryview) -> None:
        view[:] = b"ab"
        kept.append(view)

    assert twin.filled(2, write) == b"ab"
    with pytest.raises(ValueError, match="released"):
        kept[0][0] = 1
