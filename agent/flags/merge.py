"""Remotes from flags and from the `remote_write` section, together (DESIGN section 8, 4).

Takes both lists; gives one, with what the user should hear, or FlagErrors where two remotes would
share a queue.
Invariant: a URL that stands in both is one remote, as the section describes it.
"""

from collections.abc import Sequence

from agent.flags.errors import FlagError, FlagErrors
from pushqueue.settings import RemoteSettings


def merge_remotes(
    from_flags: Sequence[RemoteSettings], from_section: Sequence[RemoteSettings]
) -> tuple[tuple[RemoteSettings, ...], tuple[str, ...]]:
    """The remotes, those of the section last, and warnings."""
    by_url = {remote.url: remote for remote in from_section}
    taken = {remote.key for remote in from_section}
    remotes, warnings, errors = [], [], []
    for remote in from_flags:
        twin = by_url.get(remote.url)
        if twin is not None and _is_same(remote, twin):
            warnings.append(
                f"remote {twin.key} stands in -remoteWrite.url and in remote_write: it is one "
                "remote, set up as the section says"
            )
        elif remote.key in taken:
            reason = f"the name {remote.key!r} is taken by a remote of the remote_write section"
            errors.append(FlagError(name="remoteWrite.name", reason=reason))
        else:
            remotes.append(remote)
    if errors:
        raise FlagErrors(errors)
    return (*remotes, *from_section), tuple(warnings)


def _is_same(remote: RemoteSettings, twin: RemoteSettings) -> bool:
    """Two names for one URL are meant; a name that only one of them has is no difference."""
    return not remote.name or not twin.name or remote.name == twin.name
