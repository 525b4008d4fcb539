"""Credentials that a machine (EC2) or a container (ECS, EKS) is given by its surroundings.

Takes the environment; gives Found, or None where there is no such surrounding.
Endpoints are Amazon's own, or what AWS_EC2_METADATA_SERVICE_ENDPOINT and
AWS_CONTAINER_CREDENTIALS_* say. No proxy: these addresses lead no further than the host.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from transport.aws.found import Found, found_in_json
from transport.errors import TransportError
from transport.fetch import Fetch, place_of
from transport.files import Watch

_MACHINE = "http://169.254.169.254"
_CONTAINER = "http://169.254.170.2"
# Hosts to which the authorization token may go in the clear, as in Amazon's own libraries.
_LOCAL_HOSTS = frozenset(
    {"localhost", "127.0.0.1", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"}
)
# Where there is no metadata service, nobody answers.
_TIMEOUT_S = 2.0
_TOKEN_LIFE = ("X-aws-ec2-metadata-token-ttl-seconds", "300")


async def maybe_machine(fetch: Fetch, environment: Mapping[str, str], now_s: float) -> Found | None:
    """The role of an EC2 instance, by IMDSv2. Raises TransportError when it has none."""
    if _is_off(environment):
        return None
    path = "/latest/meta-data/iam/security-credentials/"
    roles = await _get(fetch, environment, path)
    role = roles.strip().partition("\n")[0]
    place = f"{_base(environment)}{path}{role}"
    text = await _get(fetch, environment, path + role)
    return found_in_json(text, place, now_s)


async def region_of_machine(fetch: Fetch, environment: Mapping[str, str]) -> str:
    """The region that an EC2 instance is in, "" where that is not to be asked."""
    if _is_off(environment):
        return ""
    return (await _get(fetch, environment, "/latest/meta-data/placement/region")).strip()


def _is_off(environment: Mapping[str, str]) -> bool:
    return environment.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true"


def _base(environment: Mapping[str, str]) -> str:
    return (environment.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") or _MACHINE).rstrip("/")


async def _get(fetch: Fetch, environment: Mapping[str, str], path: str) -> str:
    base = _base(environment)
    answer = await fetch(
        "PUT", f"{base}/latest/api/token", headers=(_TOKEN_LIFE,), timeout_s=_TIMEOUT_S
    )
    if answer.status != 200:
        message = f"the EC2 metadata service {base} gives no token (status {answer.status})"
        raise TransportError("auth", message)
    token = ("X-aws-ec2-metadata-token", answer.body.decode("latin-1").strip())
    answer = await fetch("GET", base + path, headers=(token,), timeout_s=_TIMEOUT_S)
    if answer.status == 404:
        raise TransportError("auth", f"the EC2 metadata service has no {path}: no role is set")
    if answer.status != 200:
        message = f"the EC2 metadata service answers {answer.status} to {path}"
        raise TransportError("auth", message)
    return answer.body.decode("utf-8", "replace")


async def maybe_container(
    fetch: Fetch, environment: Mapping[str, str], watch: Watch, now_s: float
) -> Found | None:
    """The role of a container's task or pod. Raises TransportError."""
    url = _container_url(environment)
    if not url:
        return None
    token = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    path = environment.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "")
    if path:
        token = watch.text(path, "the container's authorization token file")
    headers = [("Accept", "application/json")]
    if token:
        headers.append(("Authorization", token))
    answer = await fetch("GET", url, headers=headers, timeout_s=_TIMEOUT_S)
    place = place_of(url)
    if answer.status != 200:
        message = f"the container's credentials service {place} answers {answer.status}"
        raise TransportError("auth", message)
    return found_in_json(answer.body, place, now_s)


def _container_url(environment: Mapping[str, str]) -> str:
    relative = environment.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
    if relative:
        return f"{_CONTAINER}/{relative.lstrip('/')}"
    url = environment.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
    if url:
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in _LOCAL_HOSTS:
            message = (
                "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https, or lead to this host:"
                f" {place_of(url)}"
            )
            raise TransportError("auth", message)
    return url
