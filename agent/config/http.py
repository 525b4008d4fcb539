"""From the keys of `http_config` to HttpSettings.

Takes the keys as written in scrape jobs, discoveries and remotes, gives what transport needs.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from agent.config.cursor import Cursor
from agent.config.http_section import FetchSection, HttpSection, OAuth2Section, ProxySection
from transport.secret import Secret
from transport.settings import Authorization, HeaderValues, HttpSettings, OAuth2, ProxySettings


def _proxy_of(section: ProxySection) -> ProxySettings:
    return ProxySettings(
        **{field.name: getattr(section, field.name) for field in attrs.fields(ProxySection)}
    )


def _oauth2_of(section: OAuth2Section) -> OAuth2:
    shared = {field.name for field in attrs.fields(OAuth2)} - {"tls", "proxy"}
    values: dict[str, Any] = {name: getattr(section, name) for name in shared}
    return OAuth2(tls=section.tls_config, proxy=_proxy_of(section), **values)


def _authorization_of(section: HttpSection) -> Authorization | None:
    """`bearer_token` and `bearer_token_file` are an older way to write `authorization`."""
    if section.bearer_token or section.bearer_token_file:
        return Authorization(
            credentials=section.bearer_token, credentials_file=section.bearer_token_file
        )
    return section.authorization


def http_settings(
    section: HttpSection,
    *,
    headers: Mapping[str, HeaderValues] | None = None,
    enable_http2: bool | None = None,
) -> HttpSettings:
    """The settings that the keys mean; `headers` come from other keys than `http_headers`."""
    return HttpSettings(
        basic_auth=section.basic_auth,
        authorization=_authorization_of(section),
        oauth2=_oauth2_of(section.oauth2) if section.oauth2 else None,
        tls=section.tls_config,
        proxy=_proxy_of(section),
        follow_redirects=section.follow_redirects,
        enable_http2=section.enable_http2 if enable_http2 is None else enable_http2,
        headers={**section.http_headers, **(headers or {})},
    )


def fetch_settings(section: FetchSection) -> HttpSettings:
    """The same with vmagent's `headers`."""
    return http_settings(
        section, headers=_header_lines(section.headers, section.here.at("headers"))
    )


def _header_lines(lines: Sequence[str], cursor: Cursor) -> dict[str, HeaderValues]:
    """vmagent's `headers: ["Name: value"]`; values may be secrets, so they are kept as such."""
    headers: dict[str, HeaderValues] = {}
    for index, line in enumerate(lines):
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            cursor.item(index).error("a header is written as `Name: value`")
            continue
        before = headers.get(name.strip(), HeaderValues()).secrets
        headers[name.strip()] = HeaderValues(secrets=(*before, Secret(value.strip())))
    return headers
