"""What the configuration would scrape: every discovery of chosen jobs run until its first set.

Takes settings; gives the targets of each job, those that were dropped, and what went wrong.
Shared by `promferry targets` and `promferry scrape`. Nothing is scraped here.
"""

from collections.abc import Sequence

import attrs
import trio

from agent.version import VERSION
from scraper.discovery import open_discovery
from scraper.settings import DiscoverySettings, TargetGroup
from scraper.setup import JobSetup
from scraper.target import TargetSet, TargetSetBuilder, addresses
from transport.client import Client
from transport.settings import HttpSettings
from transport.tls import TlsContexts

USER_AGENT = f"promferry/{VERSION}"

# How long one discovery may take. The agent itself waits 5 s and goes on without it.
WAIT_S = 30.0


@attrs.frozen(kw_only=True)
class Found:
    """One job; `errors` has a line for each discovery without a current set."""

    setup: JobSetup
    targets: TargetSet
    errors: tuple[str, ...] = ()


async def find_targets(setups: Sequence[JobSetup], contexts: TlsContexts) -> list[Found]:
    """In the order of `setups`."""
    found: dict[int, Found] = {}

    async def find(number: int, setup: JobSetup) -> None:
        found[number] = await _find(setup, contexts)

    async with trio.open_nursery() as nursery:
        for number, setup in enumerate(setups):
            nursery.start_soon(find, number, setup)
    return [found[number] for number in range(len(setups))]


async def _find(setup: JobSetup, contexts: TlsContexts) -> Found:
    builder = TargetSetBuilder(setup.job, setup.target_pipeline)
    errors: list[str] = []
    for settings in setup.job.discoveries:
        groups, error = await _first_set(settings, contexts)
        errors += [error] if error else []
        for address, labels in addresses(groups):
            builder.add(address, labels)
    return Found(setup=setup, targets=builder.result(), errors=tuple(errors))


async def _first_set(
    settings: DiscoverySettings, contexts: TlsContexts
) -> tuple[Sequence[TargetGroup], str]:
    def client_of(url: str, http: HttpSettings) -> Client:
        return Client(url, http, contexts=contexts, user_agent=USER_AGENT)

    discovery = open_discovery(settings, client_of)
    published: list[Sequence[TargetGroup]] = []
    with trio.move_on_after(WAIT_S) as scope:
        async with trio.open_nursery() as nursery:

            def publish(groups: Sequence[TargetGroup]) -> None:
                published.append(groups)
                nursery.cancel_scope.cancel()

            async def look_for_errors() -> None:
                # A discovery that fails publishes nothing: its error is all that it will say now.
                while not discovery.last_error:  # noqa: ASYNC110  (nothing tells of it)
                    await trio.sleep(0.05)
                nursery.cancel_scope.cancel()

            nursery.start_soon(look_for_errors)
            await discovery.run(publish)
            nursery.cancel_scope.cancel()
    if scope.cancelled_caught:
        return (), f"discovery has not answered within {WAIT_S:g} s"
    return (published[0] if published else ()), discovery.last_error
