"""What a conversion wrote, put into a directory where it can be read and run.

Takes a case of the corpus; gives flags. What the case's host would have - its configuration, its
rule files, its variables - is made up; everything else is as written.
"""

from collections.abc import Mapping
from pathlib import Path

from agent.convert.outcome import Outcome
from scraper.placeholders import expand

CONFIG = """\
scrape_configs:
- job_name: made_up
  static_configs: [{targets: ["127.0.0.1:9"]}]
"""
REMOTE = 'remote_write: [{url: "http://127.0.0.1:9/api/v1/write"}]\n'
# What the hosts of the corpus have in their environments, where a bare word would not do.
VARIABLES = {
    "HOST_IP": "127.0.0.1",
    "REMOTE_URL": "http://127.0.0.1:9/api/v1/write",
    "REMOTE_WRITE_URL": "http://127.0.0.1:9/api/v1/write",
}


class Everything(dict[str, str]):
    """An environment where every variable has some value."""

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__({**known, **VARIABLES})

    def __missing__(self, name: str) -> str:
        return "word"

    def get(self, name: str, default: object = None) -> str:
        return self[name]


def place(outcome: Outcome, directory: Path) -> list[str]:
    """Writes the configuration; gives the flags, variables filled in, paths below `directory`."""
    environment = Everything(outcome.defaults)
    made = outcome.config_text()
    names_one = any(flag.startswith("-promscrape.config=") for flag in outcome.flags)
    has_remote = any(flag.startswith("-remoteWrite.url=") for flag in outcome.flags)
    text = made or CONFIG + ("" if has_remote else REMOTE)
    config = directory / "prometheus.yml"
    config.write_text(expand(text, environment))
    (directory / "rules").mkdir(exist_ok=True)
    for name in ("relabel", "a", "b"):
        (directory / "rules" / f"{name}.yml").write_text("[]\n")
    flags = [f"-promscrape.config={config}"] if made or names_one or not has_remote else []
    for flag in outcome.flags:
        name, _, value = expand(flag, environment).partition("=")
        if name == "-remoteWrite.tmpDataPath":
            flags.append(f"{name}={directory / 'data'}")
        elif name == "-web.config.file":
            (directory / "web.yml").write_text("{}\n")
            flags.append(f"{name}={directory / 'web.yml'}")
        elif name.endswith("elabelConfig"):
            paths = [str(directory / path) for path in value.split(",")]
            flags.append(f"{name}={','.join(paths)}")
        elif name != "-promscrape.config":
            flags.append(f"{name}={value}" if value else name)
    return flags
