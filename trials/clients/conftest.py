"""One Chromium of the system for the trials in a browser; nothing is downloaded."""

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests of a file, with a fresh profile; an absent one is a failure with REQUIRE_CHROMIUM."""
    if CHROMIUM is None and not os.environ.get("REQUIRE_CHROMIUM"):
        pytest.skip("install chromium: apt-get install chromium")
    assert CHROMIUM is not None, "REQUIRE_CHROMIUM is set, and there is no chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()
