"""What clouds have around a receiver: token servers, STS, metadata services; and a strict receiver.

Takes a judge of requests; gives one loopback server that plays all of them by path. The verifier
of Signature Version 4 here is written from Amazon's manual, knowing nothing of ours.
"""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

import attrs

# Planted where secrets go; none of these may be seen anywhere.
SECRETS = {
    "key": "planted-secret-key",
    "session": "planted-session-token",
    "client": "planted-client-secret",
    "token": "planted-access-token",
    "refresh": "planted-refresh-token",
    "password": "planted-proxy-password",
    "header": "planted-header-value",
}


@attrs.frozen
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


Judge = Callable[[Asked], bool]


def has_token(asked: Asked) -> bool:
    return asked.headers.get("authorization") == f"Bearer {SECRETS['token']}"


def is_signed(asked: Asked) -> bool:
    """Amazon's side: the four steps of "Signature Version 4 signing process", the other way."""
    _, _, value = asked.headers.get("authorization", "").partition("AWS4-HMAC-SHA256 ")
    parts = dict(part.strip().partition("=")[::2] for part in value.split(","))
    if parts.keys() != {"Credential", "SignedHeaders", "Signature"}:
        return False
    _, day, region, service, end = parts["Credential"].split("/")
    stamp = asked.headers["x-amz-date"]
    told = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    if (region, service, end) != ("eu-1", "aps", "aws4_request") or stamp[:8] != day:
        return False
    if abs(time.time() - told.timestamp()) > 300:
        return False
    names = parts["SignedHeaders"].split(";")
    body_hash = hashlib.sha256(asked.body).hexdigest()
    lines = "".join(f"{name}:{asked.headers[name]}\n" for name in names)
    canonical = "\n".join((asked.method, asked.path, "", lines, ";".join(names), body_hash))
    scope = f"{day}/{region}/{service}/aws4_request"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    key = f"AWS4{SECRETS['key']}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{digest}"
    return hmac.compare_digest(hmac.digest(key, text.encode(), "sha256").hex(), parts["Signature"])


def is_signed_with_session(asked: Asked) -> bool:
    return asked.headers.get("x-amz-security-token") == SECRETS["session"] and is_signed(asked)


class Cloud:
    """`judge` decides about what is pushed to /write; None refuses all."""

    def __init__(self, judge: Judge | None) -> None:
        self.judge = judge
        self.asked: list[Asked] = []
        self.accepted = 0
        cloud = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                asked = Asked(self.command, self.path, headers, self.rfile.read(length))
                status, body = cloud.answer(asked)
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = answer

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Cloud":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, asked: Asked) -> tuple[int, bytes]:
        self.asked.append(asked)
        path = asked.path.partition("?")[0]
        if path == "/write":
            if self.judge is None or not self.judge(asked):
                # A server that is careless with what it was sent.
                return 403, f"you are not known, {dict(asked.headers)}".encode()
            self.accepted += 1
            return 204, b""
        if path == "/sts":
            return 200, _xml().encode()
        if path == "/latest/api/token":
            return 200, SECRETS["session"].encode()
        if path == "/latest/meta-data/iam/security-credentials/":
            return 200, b"role"
        if path in ("/latest/meta-data/iam/security-credentials/role", "/ecs"):
            return 200, json.dumps(_keys()).encode()
        if "token" in path:
            if self.judge is None:
                return 400, b"you sent " + asked.body
            answer = {"access_token": SECRETS["token"], "token_type": "Bearer", "expires_in": 3600}
            return 200, json.dumps(answer).encode()
        return 404, b""


def _keys() -> dict[str, str]:
    end = datetime.now(UTC) + timedelta(hours=1)
    return {
        "AccessKeyId": "AKID",
        "SecretAccessKey": SECRETS["key"],
        "Token": SECRETS["session"],
        "Expiration": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _xml() -> str:
    keys = _keys()
    keys["SessionToken"] = keys.pop("Token")
    text = "".join(f"<{name}>{value}</{name}>" for name, value in keys.items())
    return f"<AssumeRoleResponse><Credentials>{text}</Credentials></AssumeRoleResponse>"
