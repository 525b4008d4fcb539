"""OAuth 2 and Amazon's signature for a remote from flags.

Takes the flags of one URL; gives settings of transport, and collects what is missing.
Never: opens a file that a flag names, shows a secret.
"""

import json
from typing import Any

from agent.flags.url_flags import UrlFlags
from transport.errors import TransportError
from transport.secret import Secret
from transport.settings import OAuth2, ProxySettings, SigV4
from transport.url import parse_url

_OAUTH2 = ("clientID", "clientSecret", "clientSecretFile", "tokenUrl")


def oauth2(flags: UrlFlags) -> OAuth2 | None:
    """None when no flag asks for it. As in vmagent, token requests go by a proxy only where the
    environment names one."""
    if not any(flags.text(f"oauth2.{name}") for name in _OAUTH2):
        return None
    flags.at_most_one("oauth2.clientSecret", "oauth2.clientSecretFile")
    for name in ("clientID", "tokenUrl"):
        if not flags.text(f"oauth2.{name}"):
            flags.error(f"oauth2.{name}", "is needed for OAuth 2")
    url = flags.text("oauth2.tokenUrl")
    if url:
        try:
            parse_url(url)
        except TransportError as exc:
            flags.error("oauth2.tokenUrl", str(exc))
    return OAuth2(
        client_id=flags.text("oauth2.clientID"),
        client_secret=Secret(flags.text("oauth2.clientSecret")),
        client_secret_file=flags.path("oauth2.clientSecretFile"),
        scopes=tuple(filter(None, flags.text("oauth2.scopes").split(";"))),
        token_url=url,
        endpoint_params=_endpoint_params(flags),
        proxy=ProxySettings(proxy_from_environment=True),
    )


def _endpoint_params(flags: UrlFlags) -> dict[str, str]:
    text = flags.text("oauth2.endpointParams")
    if not text:
        return {}
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        flags.error("oauth2.endpointParams", 'is a JSON object of texts, such as {"resource":"x"}')
        return {}
    return found


def sigv4(flags: UrlFlags) -> SigV4 | None:
    """None unless it is asked for: the other flags alone do nothing, as in vmagent."""
    if not flags.is_on("aws.useSigv4"):
        return None
    access_key, secret_key = flags.text("aws.accessKey"), flags.text("aws.secretKey")
    if bool(access_key) != bool(secret_key):
        given, missing = ("access", "secret") if access_key else ("secret", "access")
        flags.error(f"aws.{given}Key", f"needs -remoteWrite.aws.{missing}Key beside it")
    return SigV4(
        region=flags.text("aws.region"),
        access_key=access_key,
        secret_key=Secret(secret_key),
        role_arn=flags.text("aws.roleARN"),
        service=flags.text("aws.service") or SigV4().service,
        sts_endpoint=flags.text("aws.stsEndpoint"),
    )
