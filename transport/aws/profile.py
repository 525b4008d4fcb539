"""The files that Amazon's tools share: ~/.aws/config and ~/.aws/credentials.

Takes the environment and a profile's name; gives what the profile says, a role assumed if it
says so. The credentials file wins where both say something.
"""

import configparser
from collections.abc import Awaitable, Callable, Mapping
from functools import cached_property
from pathlib import PurePosixPath

from transport.aws import sts
from transport.aws.found import Found, found_in_json
from transport.aws.process import output_of
from transport.aws.sigv4 import Credentials
from transport.errors import TransportError, reason_of
from transport.files import Watch
from transport.secret import Secret

# A profile may lean on another one, and so on.
_MAX_STEPS = 5

# What `credential_source` means: one of three words.
MachineSource = Callable[[str], Awaitable[Found | None]]


class Profiles:
    """`name` is the profile asked for, if any. Files that are not there are empty; none is read
    before something of it is wanted."""

    def __init__(
        self,
        environment: Mapping[str, str],
        watch: Watch,
        name: str,
        wall: Callable[[], float],
    ) -> None:
        self.default_name = name or environment.get("AWS_PROFILE") or "default"
        self._watch = watch
        self._wall = wall
        home = PurePosixPath(environment.get("HOME") or "/root", ".aws")
        config = environment.get("AWS_CONFIG_FILE") or str(home / "config")
        keys = environment.get("AWS_SHARED_CREDENTIALS_FILE") or str(home / "credentials")
        self._config, self._keys = config, keys

    @cached_property
    def _profiles(self) -> dict[str, dict[str, str]]:
        profiles: dict[str, dict[str, str]] = {}
        for section, values in self._read(self._config).items():
            kind, _, rest = section.partition(" ")
            if section == "default" or kind == "profile":
                profiles[rest.strip() or "default"] = values
        for section, values in self._read(self._keys).items():
            profiles[section] = {**profiles.get(section, {}), **values}
        return profiles

    def has(self, name: str) -> bool:
        return name in self._profiles

    def region(self) -> str:
        return self._profiles.get(self.default_name, {}).get("region", "")

    async def credentials(
        self, name: str, broker: sts.Broker, machine: MachineSource, steps: int = 0
    ) -> Found | None:
        """None: the profile has no credentials. Raises TransportError (auth)."""
        if steps > _MAX_STEPS:
            raise TransportError("auth", f"AWS profile {name} leans on itself by source_profile")
        values = self._profiles.get(name)
        if values is None:
            raise TransportError(
                "auth", f"there is no AWS profile {name} in {self._config} or {self._keys}"
            )
        role = values.get("role_arn", "")
        if role and not (steps and values.get("source_profile") == name):
            return await self._assumed(name, values, broker, machine, steps)
        if values.get("aws_access_key_id") and values.get("aws_secret_access_key"):
            return Found(_keys(values))
        if values.get("credential_process"):
            place = f"credential_process of AWS profile {name}"
            output = await output_of(values["credential_process"], place)
            return found_in_json(output, place, self._wall())
        if any(key.startswith("sso_") for key in values):
            message = (
                f"AWS profile {name} uses SSO, which promferry cannot; use credential_process ="
                f" aws configure export-credentials --profile {name} in another profile"
            )
            raise TransportError("auth", message)
        return None

    async def _assumed(
        self,
        name: str,
        values: Mapping[str, str],
        broker: sts.Broker,
        machine: MachineSource,
        steps: int,
    ) -> Found:
        session, external_id = values.get("role_session_name", ""), values.get("external_id", "")
        role = sts.Role(values["role_arn"], external_id, session)
        token_file = values.get("web_identity_token_file", "")
        if token_file:
            return await broker.assume_by_token_file(role, token_file, self._watch)
        source = values.get("source_profile", "")
        if source == name and values.get("aws_access_key_id"):
            found: Found | None = Found(_keys(values))
        elif source:
            found = await self.credentials(source, broker, machine, steps + 1)
        else:
            found = await machine(values.get("credential_source", ""))
        if found is None:
            message = (
                f"AWS profile {name} has role_arn, but its source_profile or credential_source"
                " gives no credentials"
            )
            raise TransportError("auth", message)
        return await broker.assume(role, found.credentials)

    def _read(self, path: str) -> dict[str, dict[str, str]]:
        self._watch.note(path)
        parser = configparser.RawConfigParser(
            interpolation=None, default_section="", strict=False, allow_no_value=True
        )
        try:
            with open(path, encoding="utf-8") as file:
                parser.read_file(file)
        except FileNotFoundError:
            return {}
        except configparser.Error:
            # From nothing: the cause's text quotes a line, and lines hold secrets.
            raise TransportError("auth", f"{path} is not a valid INI file") from None
        except (OSError, UnicodeDecodeError) as exc:
            raise TransportError("auth", f"cannot read {path}: {reason_of(exc)}") from exc
        return {
            section: {key: value or "" for key, value in parser.items(section)}
            for section in parser.sections()
        }


def _keys(values: Mapping[str, str]) -> Credentials:
    return Credentials(
        values["aws_access_key_id"],
        Secret(values.get("aws_secret_access_key", "")),
        Secret(values.get("aws_session_token", "")),
    )
