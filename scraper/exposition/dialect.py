"""In what the text formats differ, for the reader that both share."""

from collections.abc import Callable, Sequence

import attrs

from scraper.exposition import numbers, openmetrics, text
from scraper.exposition.page import Page
from scraper.exposition.text import Sample


@attrs.frozen(kw_only=True)
class Dialect:
    """`allows_blanks`: empty lines and blanks before a line; `has_stamps_ms`: timestamps are
    whole milliseconds; `parse_rests` and
    `check_rest`, which tells why, raise ValueError.
    """

    name: str
    allows_blanks: bool
    has_stamps_ms: bool
    read_sample: Callable[[bytes, int, int], Sample]
    read_comment: Callable[[bytes, int, int], int]
    parse_rests: Callable[[Sequence[bytes]], Page]
    check_rest: Callable[[bytes], None]
    is_stamp: Callable[[bytes], bool]
    trimmed: Callable[[bytes], bytes]
    check_end: Callable[[bytes], None]


TEXT = Dialect(
    name="text",
    allows_blanks=True,
    has_stamps_ms=True,
    read_sample=text.read_sample,
    read_comment=text.read_comment,
    parse_rests=lambda rests: Page((), *numbers.parse_rests(rests)),
    check_rest=numbers.check_rest,
    is_stamp=bytes.isdigit,
    trimmed=lambda body: body,
    check_end=lambda body: None,
)
OPENMETRICS = Dialect(
    name="openmetrics",
    allows_blanks=False,
    has_stamps_ms=False,
    read_sample=openmetrics.read_sample,
    read_comment=openmetrics.read_comment,
    parse_rests=openmetrics.parse_rests,
    check_rest=openmetrics.check_rest,
    is_stamp=openmetrics.is_stamp,
    trimmed=lambda body: body.removesuffix(b"\n"),
    check_end=openmetrics.check_end,
)
