"""Prometheus' web configuration (`--web.config.file`): TLS and users of the agent's pages.

Takes the path of a file in the format of Prometheus' exporter-toolkit; gives WebConfig, or raises
WebConfigError with one line for each mistake.
Invariant: a hash is never shown.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import attrs

from web.tls_settings import VERSIONS, ServerTls

_CLIENT_AUTH = {
    "NoClientCert": "",
    "RequestClientCert": "",
    "RequireAnyClientCert": None,
    "VerifyClientCertIfGiven": "optional",
    "RequireAndVerifyClientCert": "required",
}
_HEADERS = (
    "Content-Security-Policy",
    "X-Frame-Options",
    "X-Content-Type-Options",
    "X-XSS-Protection",
    "Strict-Transport-Security",
)
_TLS_KEYS = (
    "cert_file",
    "key_file",
    "client_auth_type",
    "client_ca_file",
    "client_allowed_sans",
    "cipher_suites",
    "prefer_server_cipher_suites",
    "min_version",
    "max_version",
    "curve_preferences",
)
_TOP = ("tls_server_config", "http_server_config", "basic_auth_users")


class WebConfigError(ValueError):
    """`errors`: one line each."""

    def __init__(self, path: str, errors: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {error}" for error in errors))
        self.errors = tuple(f"{path}: {error}" for error in errors)


@attrs.frozen(kw_only=True)
class WebConfig:
    """`users`: bcrypt hashes by name, never shown."""

    tls: ServerTls | None = None
    users: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict)


def load_web_config(path: str) -> WebConfig:
    """Raises WebConfigError. It may block."""
    import yaml  # late: only who has such a file pays

    try:
        with Path(path).open(encoding="utf-8") as file:
            tree = yaml.load(file, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (OSError, UnicodeDecodeError) as exc:
        reason = getattr(exc, "strerror", None) or "is not UTF-8 text"
        raise WebConfigError(path, [f"cannot be read: {reason}"]) from exc
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = f" at line {mark.line + 1}" if mark else ""
        raise WebConfigError(path, [f"is no YAML{line}"]) from exc
    reading = _Reading(Path(path).parent)
    config = reading.document(tree if tree is not None else {})
    if reading.errors:
        raise WebConfigError(path, reading.errors)
    return config


class _Reading:
    """Collects every mistake of one file; relative paths are those of its directory."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.errors: list[str] = []

    def document(self, tree: Any) -> WebConfig:
        top = self._section(tree, "the file", _TOP)
        server = self._section(top.get("http_server_config"), "http_server_config", _SERVER_KEYS)
        return WebConfig(
            tls=self._tls(top.get("tls_server_config")),
            users=self._users(top.get("basic_auth_users")),
            headers=self._section(server.get("headers"), "headers", _HEADERS, str),
        )

    def _section(
        self, tree: Any, name: str, known: tuple[str, ...], kind: type = object
    ) -> dict[str, Any]:
        if tree is None:
            return {}
        if not isinstance(tree, dict):
            self.errors.append(f"{name} must have keys and values")
            return {}
        for key in tree:
            if key not in known:
                self.errors.append(f"{name}: {str(key)[:80]!r} is no key; {', '.join(known)} are")
            elif not isinstance(tree[key], kind):
                self.errors.append(f"{name}.{key} must be text")
        return tree

    def _users(self, tree: Any) -> dict[str, str]:
        if tree is None:
            return {}
        if not isinstance(tree, dict):
            self.errors.append("basic_auth_users must have a hash for each name")
            return {}
        for user, hashed in tree.items():
            if not _is_bcrypt(hashed):
                name = str(user)[:80]
                self.errors.append(
                    f"basic_auth_users: that of {name!r} is no bcrypt hash; htpasswd -nB makes one"
                )
        return {str(user): str(hashed) for user, hashed in tree.items()}

    def _tls(self, tree: Any) -> ServerTls | None:
        if not tree:
            return None
        name = "tls_server_config"
        keys = self._section(tree, name, _TLS_KEYS)
        files = {key: self._path(keys, key) for key in ("cert_file", "key_file", "client_ca_file")}
        for key in ("cert_file", "key_file"):
            if not files[key]:
                self.errors.append(f"{name}.{key} is missing")
        demanded = self._one_of(keys, "client_auth_type", "NoClientCert", _CLIENT_AUTH)
        if demanded is None:
            self.errors.append(f"{name}: RequireAnyClientCert proves nothing; choose another")
        if files["client_ca_file"] and not demanded:
            self.errors.append(f"{name}.client_ca_file needs a client_auth_type that verifies")
        return ServerTls(
            cert_file=files["cert_file"],
            key_file=files["key_file"],
            client_ca_file=files["client_ca_file"],
            min_version=self._version(keys, "min_version", "TLS12"),
            max_version=self._version(keys, "max_version", ""),
            cipher_suites=self._texts(keys, "cipher_suites"),
            client_certificates=demanded or "",
            client_names=self._texts(keys, "client_allowed_sans"),
        )

    def _path(self, keys: dict[str, Any], key: str) -> str:
        text = keys.get(key) or ""
        return str(self._directory / str(text)) if text else ""

    def _version(self, keys: dict[str, Any], key: str, default: str) -> str:
        if not keys.get(key):
            return default
        return self._one_of(keys, key, default, {name: name for name in VERSIONS}) or default

    def _one_of(
        self, keys: dict[str, Any], key: str, default: str, known: Mapping[str, str | None]
    ) -> str | None:
        text = str(keys.get(key) or default)
        if text not in known:
            self.errors.append(f"tls_server_config.{key} must be one of {', '.join(known)}")
            return ""
        return known[text]

    def _texts(self, keys: dict[str, Any], key: str) -> tuple[str, ...]:
        found = keys.get(key) or []
        if not isinstance(found, list):
            self.errors.append(f"tls_server_config.{key} must be a list")
            return ()
        return tuple(str(one) for one in found)


_SERVER_KEYS = ("http2", "headers")


def _is_bcrypt(hashed: Any) -> bool:
    return isinstance(hashed, str) and len(hashed) == 60 and hashed[:4] in _BCRYPT_PREFIXES


_BCRYPT_PREFIXES = ("$2a$", "$2b$", "$2y$")


class WebConfigFile:
    """The file as it was when it was last good; `refresh` looks at it again."""

    def __init__(self, path: str, load: Callable[[str], WebConfig] = load_web_config) -> None:
        self._path = path
        self._load = load
        self.current = load(path)

    def refresh(self) -> str:
        """Reads it again; gives why it cannot be used, "" if it can. What was good stays."""
        try:
            self.current = self._load(self._path)
        except WebConfigError as exc:
            return str(exc)
        return ""
