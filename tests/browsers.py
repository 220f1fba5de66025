"""Debian's Chromium for tests that look at pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
).split()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Debian's chromium is not installed")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGS)
        yield running
        running.close()


@contextmanager
def served(app: Any, taken: Any, **more: Any) -> Iterator[str]:
    """An application on a socket, in a thread; gives its address without the last slash."""
    config = uvicorn.Config(app, log_level="error", lifespan="off", timeout_graceful_shutdown=1, **more)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [taken]})
    thread.start()
    while not running.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{taken.getsockname()[1]}"
    running.should_exit = True
    thread.join()


def violations(page: Page, *rules: str, but: frozenset[str] = frozenset({"minor"})) -> list[str]:
    """What axe finds on a page, of more weight than these; by these rules alone when some are named. It is put into a page
    once, and tells of what is wrong alone: half the time went by on what it had found right."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate(AXE, list(rules))
    return [f"{one['id']}: {one['html'][:160]}" for one in found if one["impact"] not in but]


AXE = """rules => axe.run(document, {resultTypes: ["violations"], preload: false, iframes: false,
  ...(rules.length ? {runOnly: rules} : {})}).then(({violations}) =>
  violations.map(one => ({id: one.id, impact: one.impact, html: one.nodes[0].html})))"""
PALE = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const colour = parts(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const seen = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
  return [...document.body.querySelectorAll("*")].filter((one) => seen(one) && !one.disabled &&
    [...one.childNodes].some((child) => child.nodeType === 3 && child.data.trim())).map((one) => {
    const style = getComputedStyle(one), size = parseFloat(style.fontSize);
    const [low, high] = [light(parts(style.color)), light(behind(one))].sort((a, b) => a - b);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    return (high + 0.05) / (low + 0.05) >= (large ? 3 : 4.5) ? "" : `too pale: ${one.outerHTML.slice(0, 120)}`;
  }).filter(Boolean).slice(0, 3);
}"""
"""Text whose contrast with the colour behind it is too small (WCAG 1.4.3). axe asks the same with more care and a second's
work: this is for the combinations of width and colours that axe did not look at."""


def pale(page: Page) -> list[str]:
    return list(page.evaluate(PALE))


def sound(page: Page, width: int) -> None:
    """No violation of axe's beyond a minor one, light and dark; no wider than the screen."""
    page.emulate_media(color_scheme="light")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page, "color-contrast") == []
    page.emulate_media(color_scheme="light")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def pictured(page: Page, name: str, request: pytest.FixtureRequest) -> None:
    folder = request.config.getoption("--screens", default=None)
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
