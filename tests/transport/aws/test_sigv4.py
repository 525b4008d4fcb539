"""Amazon's own vectors, each step of them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from transport.aws.sigv4 import (
    Credentials,
    Scope,
    canonical_request,
    hash_of,
    signed_headers,
    signing_key,
    string_to_sign,
)
from transport.secret import Secret

_DATA = Path(__file__).parents[1] / "data" / "sigv4" / "vectors.json"
_VECTORS: list[dict[str, Any]] = json.loads(_DATA.read_text())
_NOW = datetime(2015, 8, 30, 12, 36, tzinfo=UTC)
_SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
_SCOPE = Scope("us-east-1", "service")


def _signed(vector: dict[str, Any]) -> dict[str, str]:
    headers = [(name, value) for name, value in vector["headers"]]
    rows = signed_headers(
        vector["method"],
        vector["target"],
        headers,
        hash_of(vector["body"].encode()),
        Credentials("AKIDEXAMPLE", Secret(_SECRET), Secret(vector["token"])),
        _SCOPE,
        _NOW,
        shows_hash=vector["shows_hash"],
        signs_token=vector["signs_token"],
        normalizes=vector["normalizes"],
    )
    return dict(rows)


@pytest.mark.parametrize("vector", [pytest.param(one, id=one["name"]) for one in _VECTORS])
def test_amazons_vectors(vector: dict[str, Any]) -> None:
    added = _signed(vector)
    authorization = added.pop("Authorization")
    assert authorization.endswith(f"Signature={vector['signature']}")
    if not vector["signs_token"]:
        assert added.pop("X-Amz-Security-Token") == vector["token"]
    rows = (*((name, value) for name, value in vector["headers"]), *added.items())
    body_hash = hash_of(vector["body"].encode())
    canonical, names = canonical_request(
        vector["method"], vector["target"], rows, body_hash, normalizes=vector["normalizes"]
    )
    assert canonical == vector["canonical"]
    assert f"SignedHeaders={names}, " in authorization
    text = string_to_sign(canonical, "20150830T123600Z", _SCOPE.on("20150830"))
    assert text == vector["string_to_sign"]


def test_there_are_all_of_them() -> None:
    assert len(_VECTORS) == 38


def test_the_signing_key_of_the_manual() -> None:
    """AWS General Reference, "Deriving the signing key": 2012-02-15, us-east-1, iam."""
    key = signing_key(
        "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20120215", Scope("us-east-1", "iam")
    )
    assert key.hex() == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d"


@pytest.mark.parametrize(
    ("target", "path"),
    [
        pytest.param("/workspaces/ws-1/api/v1/remote_write", None, id="that of Prometheus"),
        pytest.param("/a%20b", "/a%2520b", id="what is escaped is escaped again"),
        pytest.param("", "/", id="no path"),
    ],
)
def test_paths(target: str, path: str | None) -> None:
    canonical, _ = canonical_request("POST", target, (), "")
    assert canonical.split("\n")[1] == (path or target)


def test_no_secret_is_shown() -> None:
    credentials = Credentials("AK", Secret("SECRET"), Secret("SESSION"))
    assert "SECRET" not in repr(credentials)
    assert "SESSION" not in repr(credentials)
