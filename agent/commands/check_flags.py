"""Looks at what only flags say: remotes, rules, the agent's own server, the host they ask for.

Takes flag values and what the files gave; reports at the flag.
Invariant: a mistake in one flag hides none in others. Nothing is sent: a password that comes from
a URL is not fetched.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from agent.commands.check_files import check_flag_files, file_message
from agent.commands.check_host import check_host
from agent.commands.check_report import COMMAND_LINE
from agent.commands.loading import log_settings
from agent.config.errors import ConfigError, ConfigErrors, Problems
from agent.config.load import Loaded
from agent.config.rule_file import load_rules
from agent.flags.errors import FlagErrors
from agent.flags.merge import merge_remotes
from agent.flags.remotes import (
    label_limits_from_flags,
    labels_from_flags,
    remotes_from_flags,
    unheard_flags,
)
from agent.flags.values import Values
from agent.push_settings import push_settings
from agent.settings import Settings
from agent.web_config import WebConfigError, load_web_config
from agent.web_settings import WebSettings, web_settings
from pushqueue.settings import RemoteSettings
from web.tls_settings import ServerTls, TlsError


def check_flags(
    values: Values, loaded: Loaded, problems: Problems, *, needs_remote: bool = True
) -> None:
    for read in (log_settings, push_settings, labels_from_flags, label_limits_from_flags):
        with _told(problems):
            read(values)
    with _told(problems):
        _check_server(web_settings(values), problems)
    with _told(problems):
        if path := values["remoteWrite.relabelConfig"]:
            load_rules(path)
    remotes = _check_remotes(values, loaded, problems)
    if needs_remote and not remotes and not problems.errors:
        _report(problems, "-remoteWrite.url", "nowhere to push: give it or remote_write")
    settings = Settings(
        remotes=remotes,
        data_path=values["remoteWrite.tmpDataPath"],
        listen_addresses=tuple(filter(None, values["httpListenAddr"])),
    )
    check_host(settings, problems)


def _check_remotes(
    values: Values, loaded: Loaded, problems: Problems
) -> tuple[RemoteSettings, ...]:
    from_flags: tuple[RemoteSettings, ...] = ()
    remotes: tuple[RemoteSettings, ...] = ()
    with _told(problems):
        from_flags = remotes_from_flags(values, load_rules)
    with _told(problems):
        remotes, warnings = merge_remotes(from_flags, loaded.remotes)
        for text in (*unheard_flags(values), *warnings):
            problems.warning(ConfigError(file=COMMAND_LINE, message=text))
    check_flag_files(from_flags, problems)
    return remotes


def _check_server(settings: WebSettings, problems: Problems) -> None:
    for name, password in settings.passwords.items():
        if password.source and "://" not in password.source:
            _report(problems, f"-{name}", file_message("", password.source))
    for tls in filter(None, dict.fromkeys(settings.tls)):
        _report(problems, "-tlsCertFile", _tls_message(tls))
    if settings.web_config:
        _check_web_config(settings.web_config, problems)


def _check_web_config(path: str, problems: Problems) -> None:
    try:
        config = load_web_config(path)
    except WebConfigError as exc:
        for message in exc.errors:
            _report(problems, "-web.config.file", message)
        return
    if config.tls:
        _report(problems, "-web.config.file", _tls_message(config.tls))


def _tls_message(settings: ServerTls) -> str:
    from web.tls import make_context  # late: TLS is only for who asks for it

    try:
        make_context(settings)
    except TlsError as exc:
        return str(exc)
    return ""


def _report(problems: Problems, name: str, message: str) -> None:
    if message:
        problems.error(_of_flag(name, message))


@contextmanager
def _told(problems: Problems) -> Iterator[None]:
    """Reports what a step raises, so that the next one has its turn."""
    try:
        yield
    except FlagErrors as exc:
        for error in exc.errors:
            problems.error(_of_flag(f"-{error.name}", error.reason, error.text))
    except ConfigErrors as exc:
        for mistake in exc.errors:
            problems.error(mistake)


def _of_flag(name: str, message: str, text: str = "") -> ConfigError:
    return ConfigError(file=COMMAND_LINE, path=name, message=message, text=text)
