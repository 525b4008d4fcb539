"""A small run of the comparison with Prometheus; more by its command line."""

import sys

import pytest

from tests.differential import exposition_vs_prometheus


@pytest.mark.integration
def test_exposition_as_prometheus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["exposition_vs_prometheus", "--pages", "20"])
    assert exposition_vs_prometheus.main() == 0
