"""A real browser on the agent's pages: Debian's chromium, driven by Playwright.

Takes an address; gives pages that note every console message and failed request.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1280, "height": 900}

# Serious to people who use a screen reader or a keyboard; axe's rules of WCAG 2 A and AA.
_AXE = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


@contextmanager
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as driver:
        # As root, as in a container, chromium's own sandbox cannot be had.
        opened = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


@contextmanager
def visit(opened: Browser, *, is_dark: bool = False, is_phone: bool = False) -> Iterator[Page]:
    """A window; `complaints(page)` are what it noted."""
    context = opened.new_context(
        color_scheme="dark" if is_dark else "light", viewport=PHONE if is_phone else DESK
    )
    page = context.new_page()
    noted: list[str] = []
    page.on("console", lambda message: noted.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: noted.append(f"error: {error}"))
    page.on("requestfailed", lambda request: noted.append(f"failed: {request.url}"))
    _NOTED[page] = noted
    yield page
    del _NOTED[page]
    context.close()


_NOTED: dict[Page, list[str]] = {}


def complaints(page: Page) -> list[str]:
    return _NOTED[page]


def violations(page: Page) -> list[str]:
    """What axe-core finds, a line each."""
    found = Axe().run(page, options=_AXE).response["violations"]
    return [
        f"{one['id']}: {one['help']}: {[n['html'][:120] for n in one['nodes'][:3]]}"
        for one in found
    ]
