"""Writes values as the keys of a section have them: the decoder's table, the other way round.

Takes a class and raw values by key, gives plain trees for YAML or JSON. Secrets are masked;
defaults are left out unless they are asked for.
"""

import re
import types
import typing
from collections.abc import Mapping
from typing import Any

import attrs

from agent.config.decode import fields_of
from agent.config.scalars import Duration, Size
from relabel.rule import RelabelRule
from scraper.duration import format_duration
from transport.secret import MASK, Secret

Tree = dict[str, Any]
# The password of a URL, such as that of a proxy.
_PASSWORD = re.compile(r"(\w://[^/\s:@]*):[^/\s]*@")
_FIRST = ("job_name", "name", "url")
_NOTHING: tuple[Any, ...] = (None, (), {}, "")


@attrs.frozen(kw_only=True)
class Writer:
    """`reveal` writes secrets out: for comparisons, never for people."""

    with_defaults: bool = False
    reveal: bool = False

    def section(self, cls: type, values: Mapping[str, Any]) -> Tree:
        """The keys of the class that `values` has, what names the object first."""
        written = {
            key: self.value(values[key], field.kind)
            for key, field in fields_of(cls).items()
            if key in values and self._is_told(values[key], field.default)
        }
        return {key: written[key] for key in (*_FIRST, *written) if key in written}

    def _is_told(self, value: Any, default: Any) -> bool:
        if value in _NOTHING or (isinstance(value, Secret) and not value):
            return False  # there is nothing to write
        return self.with_defaults or value != default

    def value(self, value: Any, kind: Any) -> Any:
        """One value of a field of this kind."""
        if typing.get_origin(kind) in (types.UnionType, typing.Union):
            kind = next(one for one in typing.get_args(kind) if one is not types.NoneType)
        if kind is Duration:
            return format_duration(value)
        if kind is Size:
            return f"{value}B"
        if isinstance(value, Secret):
            return value.reveal() if self.reveal else MASK
        if isinstance(value, str):
            return value if self.reveal else _PASSWORD.sub(rf"\1:{MASK}@", value)
        if isinstance(value, RelabelRule):
            return self._rule(value)
        if attrs.has(type(value)):
            return self.object(value)
        return self._collection(value, typing.get_args(kind))

    def _collection(self, value: Any, kinds: tuple[Any, ...]) -> Any:
        if isinstance(value, Mapping):
            inner = kinds[1] if len(kinds) == 2 else object
            return {key: self.value(item, inner) for key, item in value.items()}
        if isinstance(value, tuple | list):
            inner = kinds[0] if kinds else object
            return [self.value(item, inner) for item in value]
        return value

    def object(self, value: Any) -> Tree:
        """An object whose fields are its keys."""
        cls: type = type(value)
        return self.section(
            cls, {key: getattr(value, field.name) for key, field in fields_of(cls).items()}
        )

    def _rule(self, rule: RelabelRule) -> Tree:
        """Empty texts are kept: an empty regex or replacement means something."""
        return {
            field.name.rstrip("_"): self.value(getattr(rule, field.name), object)
            for field in attrs.fields(RelabelRule)
            if self._differs(field, getattr(rule, field.name))
        }

    def _differs(self, field: "attrs.Attribute[Any]", value: Any) -> bool:
        if field.name == "action":
            return True
        return bool(value) if field.name == "labels" else value != field.default
