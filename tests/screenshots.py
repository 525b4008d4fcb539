"""The pictures of docs/pages.md, taken anew: `python -m tests.screenshots docs/images`.

An agent with a node exporter, a target that fails, a rule that drops and two remotes, one of which
is away; chromium looks at it after a minute. Needs the peers of the integration tests.
"""

import sys
import tempfile
import time
from pathlib import Path

from tests.integration import browser as browsers
from tests.integration import peers
from tests.integration.agent import Agent

CONFIG = """
global: {{scrape_interval: 1s, external_labels: {{site: edge-7}}}}
scrape_configs:
- job_name: node
  static_configs: [{{targets: ['{node}'], labels: {{room: cellar}}}}]
  metric_relabel_configs: [{{action: drop, source_labels: [__name__], regex: 'go_.*'}}]
- job_name: promferry
  static_configs: [{{targets: ['127.0.0.1:{own}']}}]
- job_name: pump
  static_configs: [{{targets: ['127.0.0.1:9']}}]
- job_name: old
  static_configs: [{{targets: ['127.0.0.1:10']}}]
  relabel_configs: [{{action: drop, source_labels: [__address__], regex: '.*:10'}}]
remote_write:
- {{name: berlin, url: 'http://127.0.0.1:{far}/api/v1/write'}}
- {{name: osaka, url: 'http://127.0.0.1:9/api/v1/write'}}
"""
SHOTS = {
    "overview": ("/", False, False),
    "overview-phone": ("/", True, True),
    "targets": ("/targets", False, False),
    "discovery": ("/service-discovery", True, False),
    "whynot": ('/whynot?q=go_goroutines{job="node"}', False, False),
    "relabel": (
        "/relabel?job=node&kind=metric&labels=go_goroutines{instance=%22a%22}"
        "&rules=-+{action:+keep,+source_labels:+[__name__],+regex:+%27go_.*%27}",
        False,
        False,
    ),
    "remotes": ("/remotes", True, False),
    "cardinality": ("/cardinality", False, False),
}
HISTORY_S = 75.0


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for peer in ("node", "far"):
            (work / peer).mkdir()
        with (
            peers.node_exporter(work / "node") as node,
            peers.victoria_metrics(work / "far") as far,
            browsers.browser() as opened,
        ):
            agent = Agent(work / "agent", "")
            agent.config.write_text(CONFIG.format(node=node, own=agent.port, far=far.port))
            agent.start()
            time.sleep(HISTORY_S)
            for shot, (path, is_dark, is_phone) in SHOTS.items():
                with browsers.visit(opened, is_dark=is_dark, is_phone=is_phone) as page:
                    page.goto(f"http://127.0.0.1:{agent.port}{path}")
                    page.screenshot(path=str(folder / f"{shot}.png"))
            agent.process.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
