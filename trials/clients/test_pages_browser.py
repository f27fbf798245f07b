"""A sync watched in a browser, from the source's form to the history in MicroPIM; the pictures of the docs.

Chromium is the system's own (``CHROMIUM`` names another). ``PICTURES=docs/pictures`` keeps what was seen.
"""

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from sandbox import MedipimOptions, MicroPimOptions, Sandbox

PIPE = "tap-medipim --config tap.json | target-micropim --config target.json"
SIDE_BY_SIDE = """<!doctype html><meta charset="utf-8"><title>A run and its report</title><style>
body { margin: 0; padding: 16px; display: grid; grid-template-columns: 1fr 1fr; gap: 16px; background: #dfe5e3 }
pre, img { margin: 0; border-radius: 8px; box-shadow: 0 1px 6px #0004; width: 100%; height: 440px; object-fit: cover }
img { object-position: top } pre { box-sizing: border-box; padding: 18px; background: #16211f; color: #d8e6e2;
font: 13px/1.6 "DejaVu Sans Mono", monospace; white-space: pre-wrap } b { color: #6fd3b4 }</style>"""
DESK, PHONE = {"width": 1100, "height": 720}, {"width": 360, "height": 740}


class Sync:
    """Both services, and the pipe between them."""

    def __init__(self, box: Sandbox, folder: Path) -> None:
        self.box = box
        self._folder = folder
        options = box.medipim.options
        key = {"api_key_id": options.api_key_id, "api_key_secret": options.api_key_secret}
        self._write("tap", api_url=box.medipim_url, requests_per_minute=6000, **key)
        target = {"ledger_url": "sqlite:///ledger.db", "report_dir": "reports", "locale": "nl"}
        pace = {"reads_per_minute": 6000, "writes_per_minute": 6000}
        self._write("target", api_url=box.micropim_url, api_key="sandbox-micropim-key", **pace, **target)

    def seen(self, on_a_terminal: Callable[..., tuple[bytes, str]]) -> tuple[str, Path]:
        """The same with a terminal in front of a person: the table at the end, and the folder of the report."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        env = {**os.environ, "PATH": path, "NO_COLOR": "1"}
        _out, seen = on_a_terminal(["bash", "-c", PIPE], self._folder, env)
        return re.sub(r".*^(?=DONE in )", "", seen.replace("\r", ""), flags=re.DOTALL | re.MULTILINE), self._newest()

    def run(self) -> Path:
        """``tap-medipim | target-micropim``; the folder of the report."""
        tap = [sys.executable, "-m", "tap_medipim", "--config", str(self._folder / "tap.json")]
        target = [sys.executable, "-m", "target_micropim", "--config", str(self._folder / "target.json")]
        singer = subprocess.run(tap, cwd=self._folder, capture_output=True, check=True).stdout
        subprocess.run(target, cwd=self._folder, input=singer, capture_output=True, check=True)
        return self._newest()

    def _newest(self) -> Path:
        return max((self._folder / "reports").glob("*/"))

    def _write(self, name: str, **settings: Any) -> None:
        (self._folder / f"{name}.json").write_text(json.dumps(settings), encoding="utf-8")


@pytest.fixture
def sync(tmp_path: Path) -> Iterator[Sync]:
    """A small catalogue."""
    micropim = MicroPimOptions(reads_per_minute=None, writes_per_minute=None)
    with Sandbox(MedipimOptions(products=60, requests_per_minute=None), micropim) as box:
        yield Sync(box, tmp_path)


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
    page.get_by_role("link", name="Stop refreshing").click()  # going there could meet the page's own refresh
    page.wait_for_url("**still=1")
    assert page.locator(".grid img").count() == min(48, len(box.micropim.products))
    page.wait_for_function("[...document.querySelectorAll('.grid img')].slice(0, 4).every(i => i.naturalWidth > 0)")
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


def test_terminal_and_report_say_the_same(
    sync: Sync, page: Page, on_a_terminal: Callable[..., tuple[bytes, str]]
) -> None:
    """Five products change, one of them was renamed by hand: both count four, and both point at the conflict."""
    sync.run()
    box = sync.box
    in_micropim = {product["sku"]: product["id"] for product in box.micropim.products.values()}
    ids = [key for key in box.medipim.catalogue.products if key in in_micropim][:5]
    for key in ids:
        box.medipim.change(key, lambda product: product["name"].update(nl=f"{product['name'].get('nl')}, 75 ml"))
    box.micropim.edit(in_micropim[ids[0]], name="Renamed by hand in MicroPIM")
    table, folder = sync.seen(on_a_terminal)
    page.set_viewport_size({"width": 640, "height": 458})
    page.goto((folder / "report.html").as_uri())
    report = page.locator("body").inner_text()
    heads, products = (line.split()[1:] for line in table.splitlines() if line.startswith(("  stream", "  products")))
    counts = dict(zip(heads, products, strict=True))
    assert counts["updated"] == "4"
    for action in ("updated", "unchanged"):
        assert f"{counts[action]}\nproducts {action}" in report
    assert "1 changed on both sides" in table
    assert page.get_by_text("changed in the source and by hand in MicroPIM").first.is_visible()
    side_by_side(page, table)


def side_by_side(page: Page, table: str) -> None:
    """The picture at the head of the README."""
    picture = base64.b64encode(page.screenshot()).decode()
    shown = f"<b>$</b> {escape(PIPE)}\n…\n{escape(table)}"
    page.set_viewport_size({"width": 1280, "height": 472})
    page.goto("about:blank")  # the report's own policy would refuse the picture
    page.set_content(f'{SIDE_BY_SIDE}<pre>{shown}</pre><img alt="report.html" src="data:image/png;base64,{picture}">')
    keep(page, "run")
