"""Addresses in the configuration itself."""

from scraper.discovery.static import Static
from scraper.settings import StaticDiscovery, TargetGroup


async def test_static_groups_are_published_once() -> None:
    groups = (TargetGroup(targets=("a:1",), labels={"x": "1"}), TargetGroup(targets=("b:1",)))
    discovery = Static(StaticDiscovery(groups=groups))
    published: list[object] = []
    await discovery.run(published.append)
    assert published == [groups]
    assert discovery.last_error == ""
