"""Pages in the system's Chromium, by Playwright; skipped where one of them is absent."""

import os
import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

WIDTHS = (390, 1280)  # a phone, a laptop
SCHEMES = ("light", "dark")
NAMES = ("chromium", "chromium-browser", "google-chrome")
# rule and elements of each finding that axe calls serious or critical
SERIOUS = """(rules) => axe.run({preload: false, ...rules}).then((found) => found.violations
  .filter(({impact}) => impact === "serious" || impact === "critical")
  .map(({id, nodes}) => [id, ...nodes.slice(0, 3).map(({html}) => html.slice(0, 200))].join("\\n")))"""
# what widths and colors change
VISIBLE = {"runOnly": ["color-contrast", "scrollable-region-focusable", "target-size", "link-in-text-block"]}
LOCAL = ("file:", "data:", "http://127.0.0.1:")


# Not for the whole session: while Playwright runs there can be no other event loop in its thread
@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """A browser for all tests of this folder."""
    pytest.importorskip("axe_playwright_python", reason="the extra browser is not installed")
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    program = os.environ.get("BERTFAM_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip("there is no Chromium; BERTFAM_CHROMIUM may name one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """`open_page(source, width=1280, scheme="light", script=True)` RETURNS (Page): Playwright's page of an address, a
    file, or HTML. When the test ends none has left an error in the console, nor asked for anything that is not here."""
    problems: list[str] = []
    contexts = []

    def tell(message: Any) -> None:
        if message.type in ("error", "warning"):
            problems.append(f"console: {message.text}")

    def watch(request: Any) -> None:
        if not request.url.startswith(LOCAL):
            problems.append(f"asked for {request.url}")

    def close(dialog: Any) -> None:
        problems.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def open_one(
        source: str | Path, *, width: int = WIDTHS[1], scheme: str = SCHEMES[0], script: bool = True
    ) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme=scheme, java_script_enabled=script
        )
        contexts.append(context)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.set_default_timeout(5000)
        page.on("console", tell)
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("request", watch)
        page.on("dialog", close)
        page.goto(address_of(source, tmp_path / f"page{len(contexts)}.html"))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert problems == []


def address_of(source: str | Path, place: Path) -> str:
    """RETURNS (str): of HTML, once it is written to ``place``, of a file, or the address that was given."""
    if isinstance(source, Path):
        return source.resolve().as_uri()
    if source.startswith("http://"):
        return source
    place.write_text(source, encoding="utf8")
    return place.as_uri()


@pytest.fixture
def require_sound() -> Callable[..., None]:
    """`require_sound(page, name)`: in all widths, light and dark, axe has no serious finding, and nothing sticks out.

    Where BERTFAM_SHOTS names a folder, a picture of each view is left there under that name."""

    def require(page: Any, name: str = "page") -> None:
        page.evaluate(axe_script())
        rules: dict[str, Any] = {}  # all of them
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            for scheme in SCHEMES:
                page.emulate_media(color_scheme=scheme)
                if shots := os.environ.get("BERTFAM_SHOTS"):
                    page.screenshot(path=f"{shots}/{name}_{width}_{scheme}.png", full_page=True)
                assert page.evaluate(SERIOUS, rules) == [], (width, scheme)
                rules = VISIBLE
            assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"

    return require


@cache
def axe_script() -> str:
    """RETURNS (str): axe-core."""
    from axe_playwright_python.sync_playwright import Axe

    return str(Axe().axe_script)
