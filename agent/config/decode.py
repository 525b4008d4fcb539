"""Decodes a node tree into attrs classes by a table derived from their fields.

Takes a cursor (node, path, what is being read) and a class; gives an object, reports every
mistake below it with its place. Works on nodes and not on plain objects as cattrs does, because
the meaning of a scalar depends on the field (source text for texts), because the place of each
value is at hand, and because an object with a bad field still gets its other checks.
Invariant: unknown keys are errors (or warnings, with strict off); null is the default.
"""

import os
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any, TypeVar

import attrs

from agent.config import scalars, tree
from agent.config.cursor import Cursor
from agent.config.registry import Decoder, checks, decoders, name_elsewhere
from agent.config.scalars import Wrong
from agent.flags.suggest import nearest
from transport.secret import Secret

T = TypeVar("T")


def _file_path(cursor: Cursor) -> str:
    directory, path = cursor.reading.directory, scalars.text(cursor.node)
    if "://" in directory and "scrape_config_files" in cursor.path:
        from urllib.parse import urljoin  # late: only a configuration from a URL needs it

        path = urljoin(directory + "/", path)
    path = join_directory(directory, path)
    if path:
        cursor.reading.seen.files.append((cursor, path))
    return path


def _secret(cursor: Cursor) -> Secret:
    cursor.reading.seen.secrets.append(cursor)
    return Secret(scalars.text(cursor.node))


def join_directory(directory: str, path: str) -> str:
    """Relative paths count from the directory of the file that names them.

    Empty ones and URLs stay as they are. A configuration from a URL has further configurations
    beside it, but certificates and the like on this host.
    """
    if not path or "://" in path:
        return path
    return os.path.abspath(path) if "://" in directory else str(PurePosixPath(directory, path))


def _of_node(function: Callable[[tree.Node], Any]) -> Decoder:
    return lambda cursor: function(cursor.node)


_SCALARS: dict[Any, Decoder] = {
    str: _of_node(scalars.text),
    bool: _of_node(scalars.boolean),
    int: _of_node(scalars.integer),
    float: _of_node(scalars.real),
    scalars.Count: _of_node(scalars.count),
    scalars.Duration: _of_node(scalars.duration),
    scalars.Size: _of_node(scalars.size),
    scalars.Bytes: _of_node(scalars.size_in_bytes),
    scalars.FilePath: _file_path,
    Secret: _secret,
}


@cache
def decoder_for(kind: Any) -> Decoder:
    """The decoder of a type: scalars, `X | None`, tuples, mappings from text, attrs classes."""
    if kind in _SCALARS:
        return _SCALARS[kind]
    if kind in decoders:
        return decoders[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        return decoder_for(inner)
    if origin is tuple:
        return lambda cursor: _decode_list(cursor, arguments[0])
    if origin is not None and issubclass(origin, Mapping):
        return lambda cursor: _decode_mapping(cursor, arguments[1])
    if attrs.has(kind):
        return lambda cursor: decode(cursor, kind)
    if kind is object:
        return lambda cursor: plain_value(cursor.node)
    raise TypeError(f"no decoder for {kind!r}")


def _decode_list(cursor: Cursor, kind: Any) -> tuple[Any, ...]:
    node = cursor.node
    if not isinstance(node, tree.Sequence):
        raise Wrong(f"must be a list, not a {node.kind}", hint="write - before each item")
    if kind is str and all(type(item) is tree.Scalar and not item.tag for item in node.items):
        # Fast path: a list of texts, such as 10 000 targets.
        return tuple(["" if item.is_null else item.text for item in node.items])  # type: ignore[attr-defined]
    inner = decoder_for(kind)
    values = []
    for index, item in enumerate(node.items):
        here = cursor.child(index, item)
        try:
            if item.is_null and attrs.has(kind):
                raise Wrong(f"empty or null section in {cursor.path[-1]}")
            values.append(inner(here))
        except Wrong as wrong:
            here.wrong(wrong)
    return tuple(values)


def _decode_mapping(cursor: Cursor, kind: Any) -> dict[str, Any]:
    node = cursor.node
    if not isinstance(node, tree.Mapping):
        raise Wrong(f"must be a mapping, not a {node.kind}")
    inner = decoder_for(kind)
    is_list = typing.get_origin(kind) is tuple
    values: dict[str, Any] = {}
    for name, (_, item) in node.entries.items():
        if is_list and item.is_null:
            values[name] = ()  # as of Go: no list is an empty one
            continue
        here = cursor.child(name, item)
        try:
            values[name] = inner(here)
        except Wrong as wrong:
            here.wrong(wrong)
    return values


@attrs.frozen
class Field:
    """One row of a class' table."""

    key: str
    name: str
    decode: Decoder
    kind: Any
    default: Any
    is_secret: bool
    is_refused: bool


@cache
def fields_of(cls: type) -> Mapping[str, Field]:
    """The table of a class: YAML key -> field. A field with metadata `key=None` is not decoded."""
    hints = typing.get_type_hints(cls)
    table = {}
    # What the class itself declares comes before what it shares with others.
    for field in sorted(attrs.fields(cls), key=lambda field: field.inherited):
        key = field.metadata.get("key", field.name)
        if key is None:
            continue
        kind = _kind_of(field.name, hints[field.name])
        table[key] = Field(
            key=key,
            name=field.name,
            decode=field.metadata.get("decode") or decoder_for(kind),
            kind=field.metadata.get("section", kind),
            default=_default_of(field),
            is_secret="Secret" in repr(kind),
            is_refused=field.metadata.get("refused", False),
        )
    return table


def _default_of(field: "attrs.Attribute[Any]") -> Any:
    default: Any = field.default
    return default.factory() if hasattr(default, "factory") else default


def _kind_of(name: str, hint: Any) -> Any:
    # Settings classes hold plain texts; by the house's naming, what ends with _file is a path.
    return scalars.FilePath if hint is str and name.endswith("_file") else hint


def key(name: str | None) -> dict[str, Any]:
    """Metadata of a field whose YAML key is not its name; None: the field has no key."""
    return {"key": name}


def refused(decode_value: Decoder | None = None) -> Any:
    """A field whose key is known and read, but refused by name: its feature is not built yet."""
    return attrs.field(default=None, metadata={"refused": True, "decode": decode_value})


def unused(cls: type) -> Any:
    """A field whose section is checked and then not used; what it needs need not be built."""

    def decode_value(cursor: Cursor) -> Any:
        reading = attrs.evolve(cursor.reading, refuses=False)
        return decoder_for(cls)(attrs.evolve(cursor, reading=reading))

    return attrs.field(default=None, metadata={"decode": decode_value, "section": cls})


def decode(cursor: Cursor, cls: type[T]) -> T:
    """The object that the mapping under the cursor describes; mistakes below are reported."""
    values = decode_fields(cursor, cls)
    try:
        value = cls(**values)
    except TypeError:  # a required key is missing or broken
        raise Wrong(_missing(cursor, cls, values)) from None
    if cls in checks:
        checks[cls](value, cursor)
    return value


def _missing(cursor: Cursor, cls: type, values: Mapping[str, Any]) -> str:
    for field in attrs.fields(cls):
        if field.default is attrs.NOTHING and field.name not in values:
            return f"{field.metadata.get('key', field.name)} is missing"
    return "incomplete"


def decode_fields(cursor: Cursor, cls: type) -> dict[str, Any]:
    """The values of the keys that are given, by field name; `here` is the cursor itself."""
    node = cursor.node
    if node.is_null:
        entries: Mapping[str, tuple[tree.Scalar, tree.Node]] = {}
    elif isinstance(node, tree.Mapping):
        entries = node.entries
    else:
        raise Wrong(f"must be a mapping, not a {node.kind}", hint="write key: value")
    table = fields_of(cls)
    values: dict[str, Any] = {}
    if any(field.name == "here" for field in attrs.fields(cls)):
        values["here"] = cursor
    for key_text, (key_node, item) in entries.items():
        field = table.get(key_text)
        if field is None:
            meant = _unknown_key(cursor.child(key_text, key_node), table, cls)
            if cursor.reading.strict:
                cursor.broken.update((key_text, meant))
        elif not item.is_null:
            _decode_field(cursor, field, item, values)
    return values


def _decode_field(cursor: Cursor, field: Field, item: tree.Node, values: dict[str, Any]) -> None:
    here = cursor.child(field.key, item)
    errors_before = len(here.reading.problems.errors)
    try:
        values[field.name] = field.decode(here)
    except Wrong as wrong:
        here.error(wrong.message, "" if field.is_secret else wrong.text, wrong.hint)
    if field.is_refused and values.get(field.name) and here.reading.refuses:
        cursor.key_of(field.key).error(f"not supported yet: {field.key}")
    if len(here.reading.problems.errors) > errors_before:
        cursor.broken.add(field.key)


def _unknown_key(here: Cursor, table: typing.Iterable[str], cls: type) -> str:
    """Reports the key; gives the known one that was probably meant, which is then not missing."""
    name = str(here.path[-1])
    other = name_elsewhere(cls, name)
    meant = "" if other else nearest(name, table)
    hint = f"write {other!r}" if other else f"did you mean {meant!r}?" if meant else ""
    if here.reading.strict:
        here.error("unknown key", name, hint)
    else:
        here.warning("unknown key, ignored", name, hint)
    return meant


def plain_value(node: tree.Node) -> object:
    """Mappings, lists and texts as Python objects; scalars by YAML's own types where they match."""
    if isinstance(node, tree.Mapping):
        return {name: plain_value(item) for name, (_, item) in node.entries.items()}
    if isinstance(node, tree.Sequence):
        return [plain_value(item) for item in node.items]
    if node.is_null:
        return None
    for function in (scalars.boolean, scalars.integer, scalars.real):
        try:
            return function(node)
        except Wrong:
            continue
    return scalars.text(node)
