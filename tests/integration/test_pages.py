"""Every page in a real browser, under live load: looks, clicks, nothing hostile runs.

Screenshots are written to the folder that PROMFERRY_SCREENSHOTS names, if it does.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.integration import browser as browsers
from tests.integration.agent import Agent
from tests.integration.conftest import StartAgent
from tests.integration.pages import Pages
from tests.integration.process import wait_until

MARKUP = "<img src=x onerror=alert(1)>"
CONFIG = """
global: {{scrape_interval: 1s, external_labels: {{site: edge-7}}}}
scrape_configs:
- job_name: node
  static_configs: [{{targets: ['{address}'], labels: {{room: '{markup}'}}}}]
  metric_relabel_configs: [{{action: drop, source_labels: [__name__], regex: debug_.*}}]
- job_name: broken
  metrics_path: /broken
  static_configs: [{{targets: ['{address}']}}]
- job_name: unwanted
  static_configs: [{{targets: ['{address}']}}]
  relabel_configs: [{{action: drop, source_labels: [__address__], regex: .+}}]
remote_write:
- {{name: 'far <b>away</b>', url: 'http://127.0.0.1:9/api/v1/write'}}
"""
PATHS = {
    "overview": "/",
    "targets": "/targets",
    "discovery": "/service-discovery",
    "whynot": "/whynot?q=load",
    "relabel": "/relabel?job=node&kind=metric&labels=load",
    "remotes": "/remotes",
    "tap": "/tap",
    "cardinality": "/cardinality",
    "config": "/config",
    "flags": "/flags?set=true",
}


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    with browsers.browser() as found:
        yield found


@pytest.fixture
def agent(start_agent: StartAgent, pages: Pages) -> Agent:
    pages.put("/metrics", f'load{{who="{MARKUP}"}} 1\ndebug_x 1\nload_two 2\n')
    pages.put("/broken", f"{MARKUP}\n")
    agent = start_agent(CONFIG.format(address=pages.address, markup=MARKUP))
    wait_until(
        lambda: [one["health"] != "unknown" for one in agent.targets().values()] == [True] * 2,
        "every target to be scraped once",
    )
    return agent


def url(agent: Agent, path: str) -> str:
    return f"http://127.0.0.1:{agent.port}{path}"


def test_every_page_is_sound(opened: Browser, agent: Agent) -> None:
    folder = os.environ.get("PROMFERRY_SCREENSHOTS")
    for is_dark, is_phone in ((False, False), (True, False), (False, True), (True, True)):
        with browsers.visit(opened, is_dark=is_dark, is_phone=is_phone) as page:
            for name, path in PATHS.items():
                answer = page.goto(url(agent, path))
                assert answer is not None
                assert answer.status == 200, path
                assert len(answer.body()) < 60_000, path
                # Nothing from a page or a name is markup, whatever it says.
                assert page.locator("main img, main b:has-text('away')").count() == 0, path
                assert not page.evaluate(
                    "document.documentElement.scrollWidth > document.documentElement.clientWidth"
                ), f"{path} is wider than the window"
                assert browsers.violations(page) == [], path
                assert browsers.complaints(page) == [], path
                if folder:
                    look = f"{'dark' if is_dark else 'light'}-{'phone' if is_phone else 'desk'}"
                    page.screenshot(path=str(Path(folder) / f"{name}-{look}.png"), full_page=True)


def test_a_stranger_finds_what_fails_and_why(opened: Browser, agent: Agent) -> None:
    with browsers.visit(opened) as page:
        page.goto(url(agent, "/"))
        page.get_by_role("link", name="Targets", exact=True).first.click()
        page.get_by_label("only those that are not up").check()
        page.get_by_role("button", name="Show").click()
        expect(page.locator(".state")).to_have_text(["down"])
        expect(page.locator(".error").first).to_contain_text(MARKUP)
        page.get_by_role("link", name="Why not?").click()
        page.get_by_role("searchbox").fill("debug_x")
        page.get_by_role("button", name="Ask").click()
        expect(page.get_by_role("heading", name="Dropped by a metric rule")).to_be_visible()
        page.get_by_text("What each rule did").first.click()
        expect(page.locator("pre").first).to_contain_text("=> dropped by rule 1")
        assert browsers.complaints(page) == []


def test_rules_are_edited_and_compared(opened: Browser, agent: Agent) -> None:
    with browsers.visit(opened) as page:
        page.goto(url(agent, "/targets"))
        page.get_by_role("link", name="relabelling").first.click()
        page.locator("select[name=kind]").select_option("metric")
        page.get_by_label(re.compile("on the whole page")).check()
        page.get_by_label(re.compile("^Edited rules")).fill("- {action: labeldrop, regex: room}")
        page.get_by_role("button", name="Try").click()
        expect(page.get_by_text("They give different results.")).to_be_visible()
        expect(page.get_by_role("heading", name="Under edited rules")).to_be_visible()
        expect(page.get_by_text("3 series exposed, 3 left.")).to_be_visible()
        assert browsers.violations(page) == []
        assert browsers.complaints(page) == []


def test_the_tap_fills_and_pauses(opened: Browser, agent: Agent) -> None:
    with browsers.visit(opened) as page:
        page.goto(url(agent, "/tap"))
        page.get_by_label("Which series").fill("load")
        page.get_by_role("button", name="Watch").click()
        expect(page.locator("#tap-rows tr").first).to_contain_text(MARKUP, timeout=10_000)
        page.get_by_role("button", name="Pause").click()
        expect(page.get_by_role("button", name="Go on")).to_have_attribute("aria-pressed", "true")
        assert page.locator("#tap-rows img").count() == 0
        page.get_by_label("Which series").fill("load{")
        page.get_by_role("button", name="Watch").click()
        expect(page.get_by_role("status")).to_contain_text("expected")
        assert browsers.violations(page) == []
