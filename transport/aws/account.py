"""Amazon credentials and region: the chain of places where they may be.

Takes `SigV4` settings and the environment; gives a lease of an Account.
The order is that of Amazon's own libraries: the settings, a profile that is asked for by name,
environment variables, a web identity, the default profile, the container, the machine. Then, if
a role is configured, that role is assumed with what was found.
"""

from collections.abc import Callable, Mapping

import attrs

from transport.aws import metadata, sts
from transport.aws.found import Found
from transport.aws.profile import Profiles
from transport.aws.sigv4 import Credentials
from transport.errors import TransportError
from transport.fetch import Fetch
from transport.files import Watch
from transport.renewal import Lease
from transport.secret import Secret
from transport.settings import SigV4

_NOWHERE = (
    "no AWS credentials found: set access_key and secret_key (-remoteWrite.aws.accessKey and "
    "secretKey), or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile in "
    "~/.aws/credentials, or give this machine or container a role"
)
_NO_REGION = (
    "no AWS region: set region (-remoteWrite.aws.region), or AWS_REGION, or region in the profile"
)


@attrs.frozen
class Account:
    """Who signs, and where."""

    credentials: Credentials
    region: str


class Accounts:
    """`wall` gives the time of day in seconds."""

    place = "AWS"

    def __init__(
        self,
        settings: SigV4,
        fetch: Fetch,
        environment: Mapping[str, str],
        wall: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._fetch = fetch
        self._environment = environment
        self._wall = wall

    async def lease(self) -> Lease[Account]:
        """Raises TransportError (auth)."""
        watch = Watch()
        profiles = Profiles(self._environment, watch, self._settings.profile, self._wall)
        region = await self._region(profiles)
        broker = sts.Broker(self._settings, region, self._fetch, self._environment, self._wall)
        found = await self._first(profiles, broker, watch)
        if found is None:
            raise TransportError("auth", _NOWHERE)
        if self._settings.role_arn:
            role = sts.Role(self._settings.role_arn, self._settings.external_id)
            found = await broker.assume(role, found.credentials)
        return Lease(Account(found.credentials, region), found.life_s, watch)

    async def _region(self, profiles: Profiles) -> str:
        get = self._environment.get
        region = self._settings.region or get("AWS_REGION") or get("AWS_DEFAULT_REGION")
        region = region or profiles.region()
        if region:
            return region
        try:
            region = await metadata.region_of_machine(self._fetch, self._environment)
        except TransportError as exc:
            raise TransportError("auth", f"{_NO_REGION} ({exc})") from exc
        if not region:
            raise TransportError("auth", _NO_REGION)
        return region

    async def _first(self, profiles: Profiles, broker: sts.Broker, watch: Watch) -> Found | None:
        settings, get = self._settings, self._environment.get
        if settings.access_key:
            return Found(Credentials(settings.access_key, settings.secret_key))
        if settings.profile:
            return await profiles.credentials(settings.profile, broker, self._machine)
        keys = maybe_environment_keys(self._environment)
        if keys is not None:
            return keys
        token_file = get("AWS_WEB_IDENTITY_TOKEN_FILE", "")
        if token_file:
            role = sts.Role(get("AWS_ROLE_ARN", ""), session=get("AWS_ROLE_SESSION_NAME", ""))
            return await broker.assume_by_token_file(role, token_file, watch)
        name = profiles.default_name
        if profiles.has(name):
            found = await profiles.credentials(name, broker, self._machine)
            if found is not None:
                return found
        container = await metadata.maybe_container(
            self._fetch, self._environment, watch, self._wall()
        )
        if container is not None:
            return container
        try:
            return await metadata.maybe_machine(self._fetch, self._environment, self._wall())
        except TransportError as exc:
            raise TransportError("auth", f"{_NOWHERE} ({exc})") from exc

    async def _machine(self, source: str) -> Found | None:
        """What `credential_source` of a profile means."""
        match source:
            case "Environment":
                return maybe_environment_keys(self._environment)
            case "EcsContainer":
                return await metadata.maybe_container(
                    self._fetch, self._environment, Watch(), self._wall()
                )
            case "Ec2InstanceMetadata":
                return await metadata.maybe_machine(self._fetch, self._environment, self._wall())
            case _:
                return None


def maybe_environment_keys(environment: Mapping[str, str]) -> Found | None:
    key = environment.get("AWS_ACCESS_KEY_ID") or environment.get("AWS_ACCESS_KEY")
    secret = environment.get("AWS_SECRET_ACCESS_KEY") or environment.get("AWS_SECRET_KEY")
    if not key or not secret:
        return None
    token = environment.get("AWS_SESSION_TOKEN", "")
    return Found(Credentials(key, Secret(secret), Secret(token)))
