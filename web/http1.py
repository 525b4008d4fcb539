"""HTTP/1.1 of hypercorn without its HTTP/2, which most agents never speak.

Importing `hypercorn.protocol` the usual way loads h2 and hpack as well: 2.3 MiB, half of what the
web part may take beyond its 40 (DESIGN section 7). Its module for HTTP/1.1 needs none of that.
Invariant: whoever imports `hypercorn.protocol` later gets the whole package all the same.
"""

import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

_PACKAGE = "hypercorn.protocol"


def h11_protocol() -> Any:
    """hypercorn's class H11Protocol."""
    if _PACKAGE in sys.modules:
        return import_module(f"{_PACKAGE}.h11").H11Protocol
    spec = find_spec("hypercorn")
    places = [] if spec is None else spec.submodule_search_locations or []
    # A package without its own code, so that only the modules that are asked for are loaded.
    bare = ModuleType(_PACKAGE)
    bare.__path__ = [f"{place}/protocol" for place in places]
    sys.modules[_PACKAGE] = bare
    try:
        return import_module(f"{_PACKAGE}.h11").H11Protocol
    finally:
        del sys.modules[_PACKAGE]
