"""The JSON Schema of a configuration, from the tables that decode it.

Takes the class of a document, gives a schema (draft 2020-12) for editors and other tools.
Invariant: a key that loads is in the schema; an unknown key is refused by both.
"""

import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs

from agent.config.decode import Field, fields_of
from agent.config.help import HELP
from agent.config.root import RootSection
from agent.config.rules import RuleSection, TextOrList
from agent.config.scalars import Bytes, Count, Duration, FilePath, Size
from agent.config.writer import Writer
from relabel.rule import RelabelRule
from transport.secret import Secret

Schema = dict[str, Any]

# Any scalar is a text where a text is wanted: YAML's numbers and booleans too.
_TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
_SCALARS: Mapping[Any, Schema] = {
    str: _TEXT,
    Secret: _TEXT,
    FilePath: _TEXT,
    bool: {"type": ["boolean", "null"]},
    int: {"type": ["integer", "null"]},
    float: {"type": ["number", "null"]},
    Count: {"type": ["integer", "null"], "minimum": 0},
    Bytes: {"type": ["integer", "string", "null"], "minimum": 0},
    Size: {"type": ["string", "integer", "null"], "pattern": "^(0|[0-9.]+([KMGTPE]i?)?B)$"},
    Duration: {
        "type": ["string", "integer", "null"],
        "pattern": "^(0|([0-9.]+(y|w|d|h|m|s|ms))+)$",
    },
    TextOrList: {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]},
    object: {},
}


def render_schema() -> Schema:
    """The whole document; every section is a definition."""
    definitions: dict[str, Schema] = {}
    root = _section(RootSection, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "promferry",
        **root,
        "$defs": dict(sorted(definitions.items())),
    }


def _section(cls: type, definitions: dict[str, Schema]) -> Schema:
    helps = HELP.get(cls.__name__, {})
    properties = {
        key: {"description": helps[key], **_field(field, definitions)}
        if key in helps
        else _field(field, definitions)
        for key, field in fields_of(cls).items()
    }
    return {"type": ["object", "null"], "properties": properties, "additionalProperties": False}


def _field(field: Field, definitions: dict[str, Schema]) -> Schema:
    if field.is_refused:
        return {"description": "Known, not supported yet."}
    return {**_kind(field.kind, definitions), **_default(field)}


def _default(field: Field) -> Schema:
    written = default_of(field)
    return {} if written is None else {"default": written}


def default_of(field: Field) -> object:
    """The default as it would be written; None where there is nothing to write.

    Zero stands for "no limit" or "as elsewhere", which the key's sentence says.
    """
    value = field.default
    if value is None or isinstance(value, Secret) or attrs.has(type(value)):
        return None
    if isinstance(value, bool):
        return value
    return Writer().value(value, field.kind) if value else None


def _kind(kind: Any, definitions: dict[str, Schema]) -> Schema:
    kind = bare(kind)
    if kind in _SCALARS:
        return dict(_SCALARS[kind])
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return {"type": ["array", "null"], "items": _kind(arguments[0], definitions)}
    if origin is not None and issubclass(origin, Mapping):
        inner = _kind(arguments[1], definitions)
        return {"type": ["object", "null"], "additionalProperties": inner}
    cls = RuleSection if kind is RelabelRule else kind
    if cls.__name__ not in definitions:
        definitions[cls.__name__] = {}  # known from here on, in case it holds itself
        definitions[cls.__name__] = _section(cls, definitions)
    return {"$ref": f"#/$defs/{cls.__name__}"}


def bare(kind: Any) -> Any:
    """`X | None` without None."""
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return next(one for one in typing.get_args(kind) if one is not types.NoneType)
    return kind
