"""The flags, one file for each group, in the order in which help shows them."""

from agent.flags.flag import Group
from agent.flags.groups import (
    aggregation,
    http,
    logger,
    misc,
    own,
    prometheus,
    promscrape,
    push,
    remote_write,
    tls,
)

GROUPS: tuple[Group, ...] = tuple(
    module.GROUP
    for module in (
        misc,
        promscrape,
        remote_write,
        own,
        http,
        tls,
        logger,
        prometheus,
        push,
        aggregation,
    )
)
