"""Every test of this folder runs on both twins of the hot loops."""

import os
from importlib import import_module
from types import ModuleType

import pytest

from scraper.exposition import outline

TWINS = ("scraper.exposition.prediction", "scraper.exposition.prediction_c")


def twin_named(name: str) -> ModuleType:
    """Skips the test where the compiled one is not built; not in CI, which has a compiler."""
    if not os.environ.get("PROMFERRY_CI"):
        pytest.importorskip(name)
    module: ModuleType = import_module(name)
    return module


@pytest.fixture(autouse=True, params=TWINS, ids=("py", "c"))
def twin(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name: str = request.param
    monkeypatch.setattr(outline, "hot", twin_named(name))
    return name
