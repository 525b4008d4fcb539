"""Labels of a point: attributes, what the resource and the scope give, external labels.

Takes attributes as pairs of texts; gives label sets.
Source: reference/peers.md 1.6 (Prometheus' label namer and createAttributes).
Invariant: the same attributes give the same labels, whatever their order.
"""

import re
from collections.abc import Iterable, Mapping

from receivers.otlp.names import NamingError
from receivers.otlp.settings import Translation

Attributes = tuple[tuple[str, str], ...]

_NOT_LABEL = re.compile("[^a-zA-Z0-9]")
_UNDERSCORES = re.compile("_{2,}")
SERVICE_NAME, SERVICE_NAMESPACE = "service.name", "service.namespace"
SERVICE_INSTANCE = "service.instance.id"
IDENTIFYING = frozenset((SERVICE_NAME, SERVICE_NAMESPACE, SERVICE_INSTANCE))


def label_name(attribute: str, translation: Translation) -> str:
    """Raises NamingError."""
    if not attribute:
        raise NamingError("an attribute has no name")
    if not attribute.strip("_"):
        raise NamingError(f"the attribute's name {attribute[:80]!r} is nothing but underscores")
    if not translation.strategy.escapes:
        return attribute
    name = _escaped(attribute, keeps_underscores=translation.keeps_underscores)
    if name[0].isdigit():
        name = f"key_{name}"
    elif translation.prefixes_underscore and name[0] == "_" and name[1:2] != "_":
        name = f"key{name}"
    if not name.strip("_"):
        raise NamingError(f"nothing of the attribute's name {attribute[:80]!r} can be kept")
    return name


def _escaped(attribute: str, *, keeps_underscores: bool) -> str:
    if keeps_underscores:
        return _NOT_LABEL.sub("_", attribute)
    # What is reserved by Prometheus stays so.
    is_reserved = len(attribute) > 4 and attribute.startswith("__") and attribute.endswith("__")
    inner = attribute[2:-2] if is_reserved else attribute
    name = _UNDERSCORES.sub("_", _NOT_LABEL.sub("_", inner))
    return f"__{name}__" if is_reserved else name


def labels_of(attributes: Iterable[tuple[str, str]], translation: Translation) -> dict[str, str]:
    """Attributes that get the same name are joined in the order of their own names."""
    labels: dict[str, str] = {}
    for key, value in sorted(attributes):
        if key == "__name__":
            continue
        name = label_name(key, translation)
        labels[name] = f"{labels[name]};{value}" if name in labels else value
    return labels


def job_and_instance(attributes: Mapping[str, str]) -> dict[str, str]:
    """`job` and `instance`, as far as the resource says who it is."""
    found = {}
    name, namespace = attributes.get(SERVICE_NAME, ""), attributes.get(SERVICE_NAMESPACE, "")
    if name:
        found["job"] = f"{namespace}/{name}" if namespace else name
    if instance := attributes.get(SERVICE_INSTANCE, ""):
        found["instance"] = instance
    return found


def promoted(attributes: Iterable[tuple[str, str]], translation: Translation) -> dict[str, str]:
    """Those of a resource that every point of it bears."""
    if translation.promote_all:
        chosen = [pair for pair in attributes if pair[0] not in translation.ignore]
    elif translation.promote:
        chosen = [pair for pair in attributes if pair[0] in translation.promote]
    else:
        return {}
    return labels_of(chosen, translation)


def scope_labels(
    name: str, version: str, schema_url: str, attributes: Attributes, translation: Translation
) -> dict[str, str]:
    if not translation.promote_scope or not name:
        return {}
    own = labels_of([(f"otel_scope_{key}", value) for key, value in attributes], translation)
    return {
        **own,
        "otel_scope_name": name,
        "otel_scope_version": version,
        "otel_scope_schema_url": schema_url,
    }
