"""The site of the documentation on a phone: no page is wider than the screen; tables are moved by themselves."""

import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser

ROOT = Path(__file__).resolve().parents[2]
PHONE = {"width": 360, "height": 740}
READ = ("tutorial", "install", "settings", "errors", "outputs", "mapping", "ownership", "streams")  # and each how-to


def test_the_pages_that_users_read_fit_a_phone(browser: Browser, tmp_path: Path) -> None:
    """Built as it is published."""
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path / "site")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    context = browser.new_context(viewport=PHONE)  # type: ignore[arg-type]
    page = context.new_page()
    widths = {}
    site = tmp_path / "site"
    for file in [
        site / "index.html",
        *(site / name / "index.html" for name in READ),
        *site.glob("how-to/*/index.html"),
    ]:
        page.goto(file.as_uri())
        widths[file.relative_to(tmp_path).as_posix()] = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert len(widths) > 20
    assert {name: width for name, width in widths.items() if width > PHONE["width"]} == {}
