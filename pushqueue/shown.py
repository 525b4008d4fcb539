"""A URL as it may be shown: without user, password, query and fragment.

A token often travels in the query, so it is left out with the rest of what may be secret.
"""

from urllib.parse import urlsplit


def shown_url(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{host}{parts.path}"
