"""A small run of the fuzz target for pushes; more by its command line."""

import sys

import pytest

from tests import fuzz_push


def test_any_bytes_into_every_door(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["fuzz_push", "--inputs", "3000", "--seed", "7"])
    assert fuzz_push.main() == 0
