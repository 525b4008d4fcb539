"""The files that pages load: read once, served with a content hash in the address.

So a browser fetches each of them once and never an old one.
"""

from functools import cache
from hashlib import blake2b
from pathlib import Path

MEDIA_TYPES = {
    "style.css": "text/css",
    "refresh.js": "text/javascript",
    "tap.js": "text/javascript",
}


@cache
def asset(name: str) -> bytes:
    """The file's content. `name` is one of MEDIA_TYPES."""
    return Path(__file__).with_name(name).read_bytes()


@cache
def asset_url(name: str) -> str:
    """The relative address, different whenever the content is."""
    return f"static/{name}?v={blake2b(asset(name), digest_size=6).hexdigest()}"
