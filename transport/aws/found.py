"""Credentials as the services of Amazon hand them out, in JSON or XML.

Takes an answer's text and the time; gives Found.
"""

import html
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import attrs

from transport.aws.sigv4 import Credentials
from transport.errors import TransportError
from transport.secret import Secret


@attrs.frozen
class Found:
    """Credentials and how long they live from now on."""

    credentials: Credentials
    life_s: float = float("inf")


def found_in_json(text: str | bytes, place: str, now_s: float) -> Found:
    """The answer of a metadata service or of a `credential_process`. Raises TransportError."""
    try:
        document: Mapping[str, Any] = json.loads(text)
        token = document.get("Token") or document.get("SessionToken") or ""
        key, secret = document["AccessKeyId"], document["SecretAccessKey"]
        end = document.get("Expiration") or ""
    except (ValueError, KeyError, TypeError, AttributeError) as exc:
        raise TransportError("auth", f"{place} gave no AWS credentials") from exc
    credentials = Credentials(str(key), Secret(str(secret)), Secret(str(token)))
    return Found(credentials, _life_s(str(end), place, now_s))


def found_in_xml(text: str, place: str, now_s: float) -> Found:
    """The answer of STS. Raises TransportError.

    Four elements without attributes: no XML parser is let loose on what a server sent.
    """

    def element(name: str) -> str:
        match = re.search(f"<{name}>([^<]*)</{name}>", text)
        return html.unescape(match[1].strip()) if match else ""

    key, secret = element("AccessKeyId"), element("SecretAccessKey")
    if not key or not secret:
        raise TransportError("auth", f"{place} gave no AWS credentials")
    credentials = Credentials(key, Secret(secret), Secret(element("SessionToken")))
    return Found(credentials, _life_s(element("Expiration"), place, now_s))


def _life_s(end: str, place: str, now_s: float) -> float:
    if not end:
        return float("inf")
    try:
        return datetime.fromisoformat(end).timestamp() - now_s
    except ValueError as exc:
        raise TransportError("auth", f"{place} gave credentials without a valid end") from exc
