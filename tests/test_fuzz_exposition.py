"""A small run of the fuzz target; more by its command line."""

import sys

import pytest

from tests import fuzz_exposition


def test_any_bytes_into_every_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["fuzz_exposition", "--inputs", "4000", "--seed", "7"])
    assert fuzz_exposition.main() == 0
