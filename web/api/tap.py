"""`/api/v1/tap`: samples as they pass, as events.

Takes a query, and pieces of samples; gives the wish, and documents.
"""

import math
from collections.abc import Mapping
from typing import Any

import attrs

from web.views import TapPiece, TapRow, TapWish

DEFAULT_PER_S = 100.0


def wish_of(arguments: Mapping[str, str]) -> TapWish:
    """Raises ValueError."""
    text = arguments.get("per_s", "") or str(DEFAULT_PER_S)
    try:
        per_s = float(text)
    except ValueError:
        raise ValueError(f"per_s is a number: {text[:40]!r}") from None
    if not math.isfinite(per_s):
        raise ValueError("per_s is a finite number")
    return TapWish(
        stage=arguments.get("stage", "") or "relabelled",
        selector=arguments.get("selector", "").strip(),
        remote=arguments.get("remote", ""),
        per_s=per_s,
    )


def events(piece: TapPiece) -> list[Mapping[str, Any]]:
    """The samples, and how many were left out so far, with the last one."""
    documents = [_document(row) for row in piece.rows]
    if documents:
        documents[-1]["skipped_total"] = piece.skipped_total
    return list(documents)


def _document(row: TapRow) -> dict[str, Any]:
    document = attrs.asdict(row)
    value = row.value
    # JSON has no NaN and no infinities.
    if value is not None and not math.isfinite(value):
        document["value"] = "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    return document
