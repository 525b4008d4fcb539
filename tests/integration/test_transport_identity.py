"""The agent against receivers that verify who it is, with every way to say so; what it never says.

Each secret is planted; after a run none of them may be in the log, on a page or in a metric.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.integration.agent import Agent
from tests.integration.ask import Answer
from tests.integration.cloud import (
    SECRETS,
    Cloud,
    Judge,
    has_token,
    is_signed,
    is_signed_with_session,
)
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.process import Process, wait_until

CONFIG = """
scrape_configs:
  - job_name: any
    scrape_interval: 200ms
    scrape_timeout: 200ms
    static_configs:
      - targets: ["{address}"]
"""
REMOTE = """
remote_write:
  - url: {cloud}/write
    queue_config: {{batch_send_deadline: 200ms, min_backoff: 50ms, max_backoff: 100ms}}
"""
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
IDS = f"client_id: {UUID}, tenant_id: {UUID}"

PAGES = (
    "/",
    "/metrics",
    "/targets",
    "/config",
    "/flags",
    "/remotes",
    "/queue",
    "/api/v1/status/config",
    "/api/v1/status/flags",
    "/api/v1/remotes",
    "/api/v1/queue",
    "/api/v1/targets",
)


class Way:
    """`section`: keys of the remote; `{cloud}` and `{directory}` are filled in, as in `env`."""

    def __init__(
        self, section: str, judge: Judge, env: Mapping[str, str] | None = None, **files: str
    ) -> None:
        self.section, self.judge, self.env, self.files = section, judge, env or {}, files


WAYS = {
    "sigv4, static keys": Way(
        f"sigv4: {{region: eu-1, access_key: AKID, secret_key: {SECRETS['key']}}}", is_signed
    ),
    "sigv4, an assumed role": Way(
        f"sigv4: {{region: eu-1, access_key: BASE, secret_key: {SECRETS['key']},"
        " role_arn: 'arn:aws:iam::1:role/r', sts_endpoint: '{cloud}/sts'}",
        is_signed_with_session,
    ),
    "sigv4, a profile": Way(
        "sigv4: {profile: edge}",
        is_signed,
        {"AWS_SHARED_CREDENTIALS_FILE": "{directory}/credentials"},
        credentials=f"[edge]\nregion=eu-1\naws_access_key_id=AKID\n"
        f"aws_secret_access_key={SECRETS['key']}\n",
    ),
    "sigv4, the environment": Way(
        "sigv4: {}",
        is_signed,
        {"AWS_REGION": "eu-1", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": SECRETS["key"]},
    ),
    "sigv4, a machine": Way(
        "sigv4: {region: eu-1}",
        is_signed_with_session,
        {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "{cloud}"},
    ),
    "sigv4, a container": Way(
        "sigv4: {region: eu-1}",
        is_signed_with_session,
        {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "{cloud}/ecs"},
    ),
    "sigv4, a web identity": Way(
        "sigv4: {region: eu-1, sts_endpoint: '{cloud}/sts'}",
        is_signed_with_session,
        {"AWS_WEB_IDENTITY_TOKEN_FILE": "{directory}/jwt", "AWS_ROLE_ARN": "r"},
        jwt=SECRETS["token"],
    ),
    "azuread, oauth": Way(
        f"azuread: {{oauth: {{{IDS}, client_secret: {SECRETS['client']}}}}}",
        has_token,
        {"AZURE_AUTHORITY_HOST": "{cloud}"},
    ),
    "azuread, a workload identity": Way(
        f"azuread: {{workload_identity: {{{IDS}, token_file_path: '{{directory}}/jwt'}}}}",
        has_token,
        {"AZURE_AUTHORITY_HOST": "{cloud}"},
        jwt=SECRETS["refresh"],
    ),
    "azuread, a managed identity": Way(
        "azuread: {managed_identity: {}}",
        has_token,
        {"AZURE_POD_IDENTITY_AUTHORITY_HOST": "{cloud}"},
    ),
    "google_iam, a login": Way(
        "google_iam: {credentials_file: '{directory}/login'}",
        has_token,
        login='{"type": "authorized_user", "client_id": "c", "token_uri": "{cloud}/token",'
        f' "client_secret": "{SECRETS["client"]}", "refresh_token": "{SECRETS["refresh"]}"}}',
    ),
    "google_iam, a machine": Way(
        "google_iam: {}", has_token, {"GCE_METADATA_HOST": "{host}", "HOME": "{directory}"}
    ),
    "oauth2": Way(
        "oauth2: {client_id: me, token_url: '{cloud}/token',"
        f" client_secret: {SECRETS['client']}}}",
        has_token,
    ),
    "authorization and a header": Way(
        f"authorization: {{credentials: {SECRETS['token']}}}\n"
        f"    headers: {{X-Key: {SECRETS['header']}}}",
        lambda asked: has_token(asked) and asked.headers.get("x-key") == SECRETS["header"],
    ),
}


@pytest.fixture
def run(start_agent: StartAgent, pages: Pages, tmp_path: Path) -> Callable[[Way, Cloud], Agent]:
    """Starts an agent that pushes to the cloud in that way."""

    def start(way: Way, cloud: Cloud) -> Agent:
        pages.put("/metrics", "up_and_running 1\n")

        def filled(text: str) -> str:
            text = text.replace("{cloud}", cloud.url).replace("{directory}", str(tmp_path))
            return text.replace("{host}", cloud.url.partition("//")[2])

        for name, text in way.files.items():
            (tmp_path / name).write_text(filled(text))
        config = CONFIG.format(address=pages.address) + REMOTE.format(cloud=cloud.url)
        config += f"    {filled(way.section)}\n"
        agent = start_agent(config, is_started=False)
        env = {"HOME": "/nowhere"} | {name: filled(value) for name, value in way.env.items()}
        agent.process = Process(agent.process.argv, agent.directory / "agent.log", env=env)
        agent.start()
        return agent

    return start


def said(agent: Agent) -> str:
    """All that the agent says, in its log and on its pages."""
    answers: list[Answer] = [agent.get(path) for path in PAGES]
    return "\n".join([agent.log(), *(answer.text for answer in answers)])


def assert_discreet(agent: Agent) -> None:
    text = said(agent)
    assert "Traceback" not in text
    for name, secret in SECRETS.items():
        assert secret not in text, name


@pytest.mark.parametrize("name", WAYS)
def test_a_receiver_that_verifies(run: Callable[[Way, Cloud], Agent], name: str) -> None:
    way = WAYS[name]
    with Cloud(way.judge) as cloud:
        agent = run(way, cloud)
        wait_until(lambda: cloud.accepted >= 3, "pushes", evidence=agent.log)
        assert_discreet(agent)
        refused = sum(asked.path == "/write" for asked in cloud.asked) - cloud.accepted
        assert refused == 0


@pytest.mark.parametrize("name", WAYS)
def test_a_receiver_that_refuses_and_repeats_what_it_was_sent(
    run: Callable[[Way, Cloud], Agent], name: str
) -> None:
    with Cloud(None) as cloud:
        agent = run(WAYS[name], cloud)
        agent.wait_log(r"403|400|no .* token")
        assert_discreet(agent)
