"""What flags and surroundings say about reading a configuration."""

import os
from collections.abc import Callable, Mapping, Sequence

import attrs

from agent.config.queue_section import RemoteDefaults
from agent.config_files import list_files, read_file


@attrs.frozen(kw_only=True)
class LoadOptions:
    """`read_file` raises OSError; `list_files` gives the files of a glob, sorted.

    Injected, so that a load is a pure function of them.
    """

    strict: bool = True  # -promscrape.config.strictParse
    remote_defaults: RemoteDefaults = RemoteDefaults()
    environment: Mapping[str, str] = attrs.field(factory=lambda: dict(os.environ), repr=False)
    read_file: Callable[[str], bytes] = read_file
    list_files: Callable[[str], Sequence[str]] = list_files
