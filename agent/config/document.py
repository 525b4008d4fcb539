"""docs/configuration.md, from the classes that decode the configuration, so that it cannot lie.

Takes the sections; gives Markdown. `python -m agent.config.document` writes the file.
"""

import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from agent.config.cloud_auth import (
    AzureAdSection,
    AzureCertificateSection,
    WorkloadIdentitySection,
)
from agent.config.decode import Field, fields_of
from agent.config.discovery import FileSection, HttpDiscoverySection, StaticSection
from agent.config.general import GlobalSection
from agent.config.help import COMMON, FETCH, HELP, HTTP
from agent.config.http_section import OAuth2Section
from agent.config.jobs import ScrapeSection
from agent.config.kinds import KINDS
from agent.config.lint import RULES
from agent.config.otlp import OtlpSection
from agent.config.queue_section import QueueSection
from agent.config.remote_section import MetadataSection, RemoteSection
from agent.config.root import RootSection
from agent.config.rules import RuleSection, TextOrList
from agent.config.scalars import Bytes, Count, Duration, FilePath, Size
from agent.config.schema import bare, default_of
from relabel.rule import RelabelRule
from transport.secret import Secret
from transport.settings import (
    Authorization,
    AzureOAuth,
    AzureSdk,
    BasicAuth,
    GoogleIam,
    HeaderValues,
    ManagedIdentity,
    SigV4,
    TlsSettings,
)

PATH = Path(__file__).parents[2] / "docs" / "configuration.md"

_INTRODUCTION = """\
# Configuration

Generated from the classes in `agent/config/` by `python -m agent.config.document`. The file that
`-promscrape.config` names is a `prometheus.yml`: everything that Prometheus (3.x) and vmagent know
is known here. `promferry check` tells all mistakes of a configuration at once,
`promferry config` prints what it means, `promferry config -schema` a JSON Schema for editors.

- A text may be any scalar: `replacement: yes` is the text `yes`. Numbers and booleans stand without
  quotes. A key without a value (null) has its default.
- Durations: `30s`, `1h30m`, `500ms`, also `d`, `w`, `y`, and `1.5h` as in vmagent.
- Sizes: `100MB` or `100MiB`, both by 1024 as in Prometheus; a unit is needed. *Bytes* are
  vmagent's: a plain number, `10MiB` by 1024, `10MB` by 1000.
- Relative paths count from the directory of the file that names them.
- `%{NAME}` is replaced by the environment variable NAME before the file is parsed, anywhere;
  an unknown one stays as written.
- Unknown keys are errors; with `-promscrape.config.strictParse=false` they are warnings.
- YAML anchors, aliases and `<<` work. What aliases add is bounded, and so is nesting.
"""

_NAMES: Mapping[Any, str] = {
    str: "text",
    Secret: "secret",
    FilePath: "path",
    bool: "true or false",
    int: "number",
    float: "number",
    Count: "number",
    Bytes: "bytes",
    Size: "size",
    Duration: "duration",
    TextOrList: "text or list",
    object: "anything",
}
# Title, class, keys that stand elsewhere.
_SECTIONS: tuple[tuple[str, type, Mapping[str, str]], ...] = (
    ("The file", RootSection, {}),
    ("`global`", GlobalSection, {}),
    ("`scrape_configs`: a job", ScrapeSection, {**COMMON, **FETCH}),
    ("`static_configs`", StaticSection, {}),
    ("`file_sd_configs`", FileSection, {}),
    ("`http_sd_configs`", HttpDiscoverySection, FETCH),
    (
        "`relabel_configs`, `metric_relabel_configs`, `write_relabel_configs`: a rule",
        RuleSection,
        {},
    ),
    ("`remote_write`: a remote", RemoteSection, HTTP),
    ("`queue_config`", QueueSection, {}),
    ("`metadata_config`", MetadataSection, {}),
    ("`basic_auth`", BasicAuth, {}),
    ("`authorization`", Authorization, {}),
    ("`oauth2`", OAuth2Section, {}),
    ("`tls_config`", TlsSettings, {}),
    ("`http_headers`: a header", HeaderValues, {}),
    ("`sigv4`", SigV4, {}),
    ("`azuread`", AzureAdSection, {}),
    ("`azuread.managed_identity`", ManagedIdentity, {}),
    ("`azuread.workload_identity`", WorkloadIdentitySection, {}),
    ("`azuread.oauth`", AzureOAuth, {}),
    ("`azuread.sdk`", AzureSdk, {}),
    ("`azuread.certificate`", AzureCertificateSection, {}),
    ("`google_iam`", GoogleIam, {}),
    ("`otlp`", OtlpSection, {}),
)
_ELSEWHERE = (
    (HTTP, "the keys of [`http_config`](#http_config)"),
    (COMMON, "those that [`global`](#global) has too, which hold where the job does not say"),
)


def render_document() -> str:
    parts = [_INTRODUCTION]
    for title, cls, left_out in _SECTIONS:
        parts += _section(title, cls, left_out)
        if cls is HttpDiscoverySection:
            parts += _http()
    parts += _kinds()
    parts += _lint()
    return "".join(parts)


def _section(title: str, cls: type, left_out: Mapping[str, str]) -> Iterator[str]:
    yield f"\n## {title}\n\n"
    texts = [text for keys, text in _ELSEWHERE if keys.items() <= left_out.items()]
    if texts:
        yield f"Besides, {' and '.join(texts)}.\n\n"
    yield from _table(cls, [key for key in fields_of(cls) if key not in left_out])
    refused = [key for key, field in fields_of(cls).items() if field.is_refused]
    if refused and cls is not ScrapeSection:
        yield f"\nKnown and not supported yet: {_listed(refused)}.\n"


def _http() -> Iterator[str]:
    """`http_config` has no block of its own; its keys stand among others."""
    yield "\n## `http_config`\n\nThese keys stand among those of a job, a remote, a discovery.\n\n"
    yield from _table(HttpDiscoverySection, FETCH)
    yield (
        "\nIn `remote_write` the default of `enable_http2` is false and `headers` is a mapping.\n"
        "At most one of `basic_auth`, `authorization`, `oauth2` and `bearer_token` is allowed.\n"
    )


def _table(cls: type, keys: typing.Iterable[str]) -> Iterator[str]:
    yield "| key | type | default | what it does |\n|---|---|---|---|\n"
    table = fields_of(cls)
    for key in keys:
        if key in table and not table[key].is_refused:
            yield _row(cls, table[key])


def _row(cls: type, field: Field) -> str:
    helps = HELP[cls.__name__]
    return f"| `{field.key}` | {kind_name(field.kind)} | {_default(field)} | {helps[field.key]} |\n"


def kind_name(kind: Any) -> str:
    """A type as a reader knows it."""
    kind = bare(kind)
    if kind in _NAMES:
        return _NAMES[kind]
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        inner = kind_name(arguments[0])
        return "list of rules" if arguments[0] is RelabelRule else f"list of {_plural(inner)}"
    if origin is not None and issubclass(origin, Mapping):
        return f"mapping of {_plural(kind_name(arguments[1]))}"
    return "section"


def _plural(noun: str) -> str:
    return noun if noun.startswith(("list", "mapping", "anything")) else f"{noun}s"


def _default(field: Field) -> str:
    written = default_of(field)
    if written is None:
        return ""
    return f"`{str(written).lower() if isinstance(written, bool) else written}`"


def _listed(names: typing.Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _kinds() -> Iterator[str]:
    yield "\n## Other kinds of discovery\n\n"
    yield "Their keys are known and checked, and a job that has one is refused by name: "
    yield f"{_listed(f'{kind}_sd_configs' for kind in KINDS)}.\n"


def _lint() -> Iterator[str]:
    yield "\n## What `promferry check -lint` finds\n\n| name | what it means |\n|---|---|\n"
    for name, text in RULES.items():
        yield f"| `{name}` | {text} |\n"


if __name__ == "__main__":
    PATH.write_text(render_document())
