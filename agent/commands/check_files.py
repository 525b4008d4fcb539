"""Looks at the files that a configuration names: are they there, can they be read, do they fit.

Takes what the sections saw and the remotes of flags; reports at the place that names a file.
Invariant: nothing is changed, nothing is sent; contents of secrets are never told.
"""

import ssl
from collections.abc import Iterable, Iterator

import attrs

from agent.config.cursor import Cursor
from agent.config.decode import decoder_for
from agent.config.discovery import StaticSection
from agent.config.errors import ConfigError, Problems
from agent.config.options import LoadOptions
from agent.config.root import UNUSED
from agent.config.scalars import Wrong
from agent.config.sections import FileReader, Sections
from pushqueue.settings import RemoteSettings
from scraper.discovery.groups import GroupsError, parse_json, parse_yaml
from transport.settings import HttpSettings

# Read elsewhere, or written and not read.
_NOT_READ_HERE = ("scrape_config_files", "scrape_failure_log_file", "query_log_file")


def check_files(sections: Sections, options: LoadOptions, problems: Problems) -> None:
    """Every file that the sections name."""
    pairs: dict[tuple[object, ...], dict[str, tuple[Cursor, str]]] = {}
    for place, path in sections.seen.files:
        key = next(str(part) for part in reversed(place.path) if isinstance(part, str))
        if place.path[0] in UNUSED or key in _NOT_READ_HERE:
            continue
        if "file_sd_configs" in place.path:
            _check_targets(place, path, options, problems)
        elif key in ("cert_file", "key_file"):
            pairs.setdefault(place.path[:-1], {})[key] = place, path
        elif message := file_message(key, path):
            place.error(message, path)
    for pair in pairs.values():
        _check_pair(pair)


def file_message(key: str, path: str) -> str:
    """What is wrong with a file of this key, "" if nothing is."""
    try:
        if key == "ca_file":
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
            return ""
        with open(path, "rb") as file:
            is_empty = not file.read(1)
    except ssl.SSLError as error:
        return f"{path} holds no CA certificate in PEM form ({error.reason})"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    return f"{path} is empty" if is_empty else ""


def _check_pair(pair: dict[str, tuple[Cursor, str]]) -> None:
    broken = False
    for place, path in pair.values():
        if message := file_message("", path):
            place.error(message, path)
            broken = True
    if len(pair) == 2 and not broken:
        (place, cert), (_, key) = pair["cert_file"], pair["key_file"]
        if message := pair_message(cert, key):
            place.error(message, cert)


def pair_message(cert: str, key: str) -> str:
    """What is wrong with a certificate and its key, "" if they fit."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_cert_chain(cert, key, password=_no_password)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"the key {key} does not belong to the certificate {cert}"
        return f"{cert} and {key} are no certificate and key in PEM form ({error.reason})"
    except (OSError, ValueError) as error:
        return f"{cert} and {key} cannot be used: {error}"
    return ""


def _no_password() -> str:
    raise ValueError("the key is encrypted, which is not supported")


def _check_targets(place: Cursor, pattern: str, options: LoadOptions, problems: Problems) -> None:
    """The files of `file_sd_configs`; one that is missing may still come."""
    names = options.list_files(pattern)
    if not names or (len(names) == 1 and "://" not in pattern and not _exists(names[0], options)):
        place.warning(f"file {pattern} does not exist", pattern)
        return
    for name in names:
        _check_target_file(name, options, problems)


def _exists(path: str, options: LoadOptions) -> bool:
    try:
        options.read_file(path)
    except FileNotFoundError:
        return False
    except OSError:
        return True  # it is there; reading it tells what is wrong
    return True


def _check_target_file(path: str, options: LoadOptions, problems: Problems) -> None:
    before = len(problems.errors)
    # The places come from our reader, the last word from the one that discovery uses.
    strict = attrs.evolve(options, strict=True)
    cursor = FileReader(strict, problems).parse(path)
    if cursor is not None and not cursor.node.is_null:
        try:
            decoder_for(tuple[StaticSection, ...])(cursor)
        except Wrong as wrong:
            cursor.wrong(wrong)
    if len(problems.errors) == before:
        parse = parse_json if path.endswith(".json") else parse_yaml
        try:
            parse(options.read_file(path), path)
        except (GroupsError, OSError) as error:
            problems.error(ConfigError(file=path, message=str(error)))


def check_flag_files(remotes: Iterable[RemoteSettings], problems: Problems) -> None:
    """The files that `-remoteWrite.*` flags name."""
    for remote in remotes:
        for flag, message in _messages(remote.http):
            error = f"for {remote.key}: {message}"
            path = f"-remoteWrite.{flag}"
            problems.error(ConfigError(file="command line", path=path, message=error))


def _messages(http: HttpSettings) -> Iterator[tuple[str, str]]:
    """Flags and what is wrong with their files."""
    basic, authorization, oauth2, tls = http.basic_auth, http.authorization, http.oauth2, http.tls
    named = {
        "basicAuth.usernameFile": basic.username_file if basic else "",
        "basicAuth.passwordFile": basic.password_file if basic else "",
        "bearerTokenFile": authorization.credentials_file if authorization else "",
        "oauth2.clientSecretFile": oauth2.client_secret_file if oauth2 else "",
        "tlsCertFile": tls.cert_file,
        "tlsKeyFile": tls.key_file,
    }
    told = {flag: file_message("", path) for flag, path in named.items() if path}
    if tls.ca_file:
        told["tlsCAFile"] = file_message("ca_file", tls.ca_file)
    if tls.cert_file and tls.key_file and not (told["tlsCertFile"] or told["tlsKeyFile"]):
        told["tlsCertFile"] = pair_message(tls.cert_file, tls.key_file)
    yield from ((flag, message) for flag, message in told.items() if message)
