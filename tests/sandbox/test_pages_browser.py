"""A sync watched in a browser, from the source's form to the history in MicroPIM; the pictures of the docs.

Chromium is the system's own (``CHROMIUM`` names another). ``PICTURES=docs/pictures`` keeps what was seen.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from sandbox import MedipimOptions, MicroPimOptions, Sandbox

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("REQUIRE_CHROMIUM"), reason="install chromium: apt-get install chromium"
)
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
DESK, PHONE = {"width": 1100, "height": 720}, {"width": 360, "height": 740}


class Sync:
    """Both services, and the pipe between them."""

    def __init__(self, box: Sandbox, folder: Path) -> None:
        self.box = box
        self._folder = folder
        options = box.medipim.options
        key = {"api_key_id": options.api_key_id, "api_key_secret": options.api_key_secret}
        self._write("tap", api_url=box.medipim_url, requests_per_minute=6000, **key)
        target = {"ledger_url": f"sqlite:///{folder}/ledger.db", "report_dir": str(folder / "reports"), "locale": "nl"}
        self._write(
            "target", api_url=box.micropim_url, api_key="sandbox-micropim-key", writes_per_minute=6000, **target
        )

    def run(self) -> Path:
        """``tap-medipim | target-micropim``; the folder of the report."""
        tap = [sys.executable, "-m", "tap_medipim", "--config", str(self._folder / "tap.json")]
        target = [sys.executable, "-m", "target_micropim", "--config", str(self._folder / "target.json")]
        singer = subprocess.run(tap, capture_output=True, check=True).stdout
        subprocess.run(target, input=singer, capture_output=True, check=True)
        return max((self._folder / "reports").iterdir())

    def _write(self, name: str, **settings: Any) -> None:
        (self._folder / f"{name}.json").write_text(json.dumps(settings), encoding="utf-8")


@pytest.fixture
def sync(tmp_path: Path) -> Iterator[Sync]:
    """A small catalogue."""
    micropim = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(MedipimOptions(products=60, requests_per_minute=None), micropim) as box:
        yield Sync(box, tmp_path)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser."""
    assert CHROMIUM is not None, "REQUIRE_CHROMIUM is set, and there is no chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window on a desk."""
    context = browser.new_context(viewport=DESK, locale="en-GB", timezone_id="Europe/Brussels")
    yield context.new_page()
    context.close()


def is_accessible(page: Page) -> None:
    """Axe has nothing to say."""
    assert [violation["id"] for violation in Axe().run(page).response["violations"]] == []


def fits_a_phone(page: Page) -> None:
    """Nothing is cut off."""
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.set_viewport_size(DESK)


def keep(page: Page, name: str) -> None:
    """A picture for the docs, when somebody asked for it."""
    if folder := os.environ.get("PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_sync_is_watched_from_form_to_history(sync: Sync, page: Page) -> None:
    """Empty; after a sync full of products; a change in the source arrives, and its history tells it."""
    box = sync.box
    page.goto(box.page("micropim"))
    assert page.get_by_text("No products. Run the sync and watch them arrive.").is_visible()
    sync.run()
    page.locator(".grid img").first.wait_for()  # the page refreshes itself
    look_at_the_catalogue(page, box)
    sku = next(p["sku"] for p in box.micropim.products.values() if p["description"] and p["_media"])
    change(page, box, sku, "Zachte handcrème 75 ml")
    folder = sync.run()
    page.goto(box.page("micropim"))
    page.get_by_role("link", name="Zachte handcrème 75 ml").first.click()
    row = page.locator(".history li").first
    assert row.locator("b").inner_text() == "API"
    assert row.locator("tr").nth(1).locator("td").all_inner_texts()[::2] == ["name", "Zachte handcrème 75 ml"]
    fits_a_phone(page)
    keep(page, "history")
    page.goto((folder / "report.html").as_uri())
    keep(page, "report")


def look_at_the_catalogue(page: Page, box: Sandbox) -> None:
    """Every product with a picture that is really drawn."""
    page.goto(f"{box.page('micropim')}?still=1")
    assert page.locator(".grid img").count() == min(48, len(box.micropim.products))
    assert page.evaluate("[...document.querySelectorAll('.grid img')].slice(0, 4).every(i => i.naturalWidth > 0)")
    is_accessible(page)
    fits_a_phone(page)
    keep(page, "catalogue")


def change(page: Page, box: Sandbox, sku: str, name: str) -> None:
    """Find a product in Medipim and rename it, as a person does."""
    page.goto(box.page("medipim"))
    fits_a_phone(page)
    page.get_by_label("Search name or id").fill(sku)
    page.get_by_role("button", name="Search").click()
    page.locator(".list a").click()
    page.get_by_label("Name (nl)").fill(name)
    keep(page, "change")
    page.get_by_role("button", name="Change it").click()
    assert page.get_by_role("status").inner_text() == "Changed. The next sync brings it over."
    is_accessible(page)
    fits_a_phone(page)
