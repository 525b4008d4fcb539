"""`-pushmetrics.*`: where the agent's own metrics are pushed, and how. Pure settings."""

import attrs

from agent.flags.errors import FlagError, FlagErrors
from agent.flags.values import Values
from transport.secret import Secret


@attrs.frozen(kw_only=True)
class PushSettings:
    """`labels` is the text to put into each line's braces, "" for none."""

    urls: tuple[Secret, ...] = ()
    interval_s: float = 10.0
    labels: str = ""
    headers: tuple[tuple[str, Secret], ...] = ()
    compresses: bool = True


def push_settings(values: Values) -> PushSettings:
    """Raises FlagErrors."""
    headers = []
    for line in filter(None, values["pushmetrics.header"]):
        name, colon, text = line.partition(":")
        if not colon or not name.strip().replace("-", "").isalnum() or not line.isprintable():
            raise FlagErrors([FlagError(name="pushmetrics.header", reason="is written name:value")])
        headers.append((name.strip(), Secret(text.strip())))
    for label in filter(None, values["pushmetrics.extraLabel"]):
        if "=" not in label or not label.endswith('"'):
            reason = 'is written name="value"'
            raise FlagErrors([FlagError(name="pushmetrics.extraLabel", reason=reason, text=label)])
    return PushSettings(
        urls=tuple(Secret(url) for url in values["pushmetrics.url"] if url),
        interval_s=max(0.1, values["pushmetrics.interval"]),
        labels=",".join(filter(None, values["pushmetrics.extraLabel"])),
        headers=tuple(headers),
        compresses=not values["pushmetrics.disableCompression"],
    )
