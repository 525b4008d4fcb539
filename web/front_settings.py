"""How answers go out, whatever the page: prefix, headers, connections."""

from collections.abc import Mapping

import attrs


@attrs.frozen(kw_only=True)
class FrontSettings:
    """`headers` replace those of the pages. Times are those of a connection."""

    path_prefix: str = ""
    headers: Mapping[str, str] = attrs.field(factory=dict)
    compresses: bool = True
    keeps_alive: bool = True
    max_connection_s: float = float("inf")
