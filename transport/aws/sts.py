"""The Security Token Service: a role's credentials for what we are or have.

Takes a role and credentials, or a web identity's token; gives Found.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlencode

import attrs

from transport.aws.found import Found, found_in_xml
from transport.aws.sigv4 import Credentials, Scope, hash_of, signed_headers
from transport.errors import TransportError
from transport.fetch import ENVIRONMENT_PROXY, FORM, Fetch, place_of, words_of
from transport.files import Watch
from transport.settings import SigV4
from transport.skew import skew_of
from transport.url import parse_url

_VERSION = "2011-06-15"
_CODE = re.compile(r"<Code>([^<]*)</Code>")
_CHINA = "cn-"


@attrs.frozen
class Role:
    arn: str
    external_id: str = ""
    session: str = ""


class Broker:
    """`wall` gives the time of day in seconds."""

    def __init__(
        self,
        settings: SigV4,
        region: str,
        fetch: Fetch,
        environment: Mapping[str, str],
        wall: Callable[[], float],
    ) -> None:
        self._url = endpoint(settings, region, environment)
        self._region = region
        self._fetch = fetch
        self._wall = wall

    async def assume(self, role: Role, credentials: Credentials) -> Found:
        """AssumeRole, signed with `credentials`. Raises TransportError (auth)."""
        form = _form("AssumeRole", role)
        if role.external_id:
            form["ExternalId"] = role.external_id
        return await self._ask(form, credentials)

    async def assume_by_token_file(self, role: Role, path: str, watch: Watch) -> Found:
        """AssumeRoleWithWebIdentity, which the token itself vouches for. Raises TransportError."""
        if not role.arn:
            raise TransportError("auth", "a web identity needs AWS_ROLE_ARN (role_arn)")
        token = watch.text(path, "the web identity token file")
        form = _form("AssumeRoleWithWebIdentity", role)
        return await self._ask({**form, "WebIdentityToken": token}, None, token)

    async def _ask(
        self, form: Mapping[str, str], credentials: Credentials | None, *secrets: str
    ) -> Found:
        body = urlencode(form).encode()
        url = parse_url(self._url)
        headers = [("Host", url.origin.host_header), FORM]
        skew_s = 0.0
        for _ in range(2):
            rows = list(headers)
            if credentials is not None:
                now = datetime.fromtimestamp(self._wall() + skew_s, UTC)
                scope = Scope(self._region, "sts")
                rows += signed_headers(
                    "POST", url.target, headers, hash_of(body), credentials, scope, now
                )
            answer = await self._fetch(
                "POST", self._url, headers=rows, body=body, proxy=ENVIRONMENT_PROXY
            )
            skew = skew_of(answer, self._wall() + skew_s)
            if answer.status == 200 or credentials is None or skew is None:
                break
            skew_s += skew
        place = place_of(self._url)
        text = answer.body.decode("utf-8", "replace")
        if answer.status != 200:
            code = _CODE.search(text)
            words = code[1] if code else words_of(answer, *secrets)
            what = f"{place} refuses {form['Action']} of {form['RoleArn']} with {answer.status}"
            raise TransportError("auth", f"{what}: {words}")
        date_s = self._wall() + (skew_of(answer, self._wall(), least_s=0) or 0)
        return found_in_xml(text, place, date_s)


def endpoint(settings: SigV4, region: str, environment: Mapping[str, str]) -> str:
    """Where STS is: as configured, as the environment says, or the region's."""
    configured = settings.sts_endpoint or environment.get("AWS_ENDPOINT_URL_STS", "")
    if configured:
        return configured if "://" in configured else f"https://{configured}"
    name = "sts-fips" if settings.use_fips_sts_endpoint else "sts"
    domain = "amazonaws.com.cn" if region.startswith(_CHINA) else "amazonaws.com"
    return f"https://{name}.{region}.{domain}/"


def _form(action: str, role: Role) -> dict[str, str]:
    return {
        "Action": action,
        "Version": _VERSION,
        "RoleArn": role.arn,
        "RoleSessionName": role.session or "promferry",
    }
