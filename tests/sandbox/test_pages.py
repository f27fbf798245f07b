"""The pages for people: what a sync did, and a form to change the source; everything escaped, nothing in the way."""

import re
from typing import Any

import pytest
import requests

from sandbox import MedipimOptions, MicroPimOptions, Sandbox

EVIL = "<script>alert(1)</script>\"'><img src=x>"
KEY = {"X-API-KEY": "sandbox-micropim-key"}


@pytest.fixture
def box() -> Any:
    """Both services, the limits of MicroPIM tiny."""
    with Sandbox(MedipimOptions(products=120), MicroPimOptions(reads_per_minute=3, writes_per_minute=None)) as box:
        yield box


def read(url: str) -> str:
    """A page, and what every page has to keep."""
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert "script-src" not in answer.headers["content-security-policy"]
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in answer.text
    assert not re.search(r'(src|href)="https?://(?!127\.0\.0\.1)', answer.text)
    return answer.text


def test_the_catalogue_shows_products_categories_and_changes(box: Any) -> None:
    """Names escaped; narrowed by category and search; the newest first, page by page."""
    api = box.micropim_url
    shelf = requests.post(f"{api}/api/categories", json={"name": EVIL}, headers=KEY, timeout=10).json()["data"]["id"]
    for number in range(60):
        box.micropim.add(f"S{number}", name=f"Thing {number} {EVIL}", category_ids=[shelf] if number < 2 else [])
    first = read(box.page("micropim"))
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in first
    assert first.index("Thing 59 ") < first.index("Thing 58 ")
    assert "Page 1 of 2" in first
    assert 'http-equiv="refresh"' in first
    narrowed = read(f"{box.page('micropim')}?category={shelf}")
    assert "Thing 1 " in narrowed
    assert "Thing 2 " not in narrowed
    assert 'http-equiv="refresh"' not in narrowed
    assert "Thing 7 " in read(f"{box.page('micropim')}?q=s7&page=999999999999999999999")


def test_a_product_has_its_history(box: Any) -> None:
    """Who changed what, before and after; a person's edit is not the program's."""
    api = f"{box.micropim_url}/api/products"
    made = requests.post(api, json={"name": "First", "sku": "A"}, headers=KEY, timeout=10).json()["data"]["id"]
    requests.patch(f"{api}/{made}", json={"name": "Second"}, headers=KEY, timeout=10)
    picture = {"file_url": "https://media.example.test/1.jpg", "position": 0}
    requests.post(f"{api}/{made}/media", json=picture, headers=KEY, timeout=10)
    box.micropim.edit(made, name="By hand")
    requests.delete(f"{api}/{made}", headers=KEY, timeout=10)
    page = read(f"{box.page('micropim')}products/{made}")
    told = re.findall(r'<b class="(\w+)">\w+</b> ([\w ]+?)\s*<', page)
    assert told == [
        ("API", "archived"),
        ("hand", "changed"),
        ("API", "got a picture"),
        ("API", "changed"),
        ("API", "created"),
    ]
    assert "<td>name</td><td>First</td><td>Second</td>" in page
    drawn = requests.get(box.page("micropim") + re.search(r"pictures/\d+\.svg", page)[0], timeout=10)  # type: ignore[index]
    assert drawn.headers["content-type"] == "image/svg+xml"


def test_pages_need_no_key_and_cost_no_allowance(box: Any) -> None:
    """Nobody's limit is used up by looking, and the log of requests is that of the programs."""
    for _ in range(10):
        read(box.page("micropim"))
        read(box.page("medipim"))
    assert requests.get(f"{box.micropim_url}/api/channels", headers=KEY, timeout=10).status_code == 200
    assert [record.path for record in box.micropim.requests] == ["/api/channels"]


def test_a_product_of_the_source_is_changed_by_its_form(box: Any) -> None:
    """Name, text, price and status; the change is newer than everything else."""
    key = next(
        k for k, raw in box.medipim.catalogue.products.items() if raw["descriptions"] and raw["status"] == "active"
    )
    url = f"{box.page('medipim')}products/{key}"
    fields = {"name": EVIL, "text": "<p>New.</p>", "price": "1234", "status": "inactive"}
    after = requests.post(url, data=fields, timeout=10)
    assert after.url.endswith("?saved=1")
    assert "Changed. The next sync brings it over." in after.text
    assert "<script" not in after.text
    raw = box.medipim.catalogue.products[key]
    assert (raw["name"]["nl"], raw["publicPrice"], raw["status"]) == (EVIL, 1234, "inactive")
    assert raw["descriptions"][0]["content"]["nl"] == "<p>New.</p>"
    assert raw["meta"]["updatedAt"] == max(e.head.updated_at for e in box.medipim.catalogue.entries.values())
    assert EVIL[:8] not in read(f"{box.page('medipim')}?q={key}")


def test_a_product_of_micropim_is_edited_by_hand(box: Any) -> None:
    """Name, text, price, status and categories are a person's edit; what is refused is told and changes nothing."""
    shelf = box.micropim.people.add_category("Shelf")["id"]
    texts = {"short_description": "Old.", "price": "9.9500"}
    made = box.micropim.add("A", name="First", category_ids=[shelf], **texts)["id"]
    url = f"{box.page('micropim')}products/{made}"
    fields = {"name": EVIL, "short_description": "", "price": "9.9500", "status": "active", "has_categories": "1"}
    after = requests.post(url, data=fields, timeout=10)
    assert "Changed by hand. The next sync lets it stand." in after.text
    assert "<script" not in after.text
    stored = box.micropim.products[made]
    assert (stored["name"], stored["short_description"], stored["status"]) == (EVIL, None, "active")
    assert (stored["price"], stored["category_ids"]) == ("9.9500", [])
    assert [event.who for event in box.micropim.store.journal.of(made)[:2]] == ["hand", "hand"]
    refused = requests.post(url, data={"price": "much"}, timeout=10).text
    assert 'role="alert">Not changed: ' in refused
    assert box.micropim.products[made]["price"] == "9.9500"
    other = requests.post(url, data={"name": "X"}, headers={"Origin": "https://evil.test"}, timeout=10)
    assert (other.status_code, box.micropim.products[made]["name"]) == (403, EVIL)
    assert requests.post(f"{box.page('micropim')}products/99", data={"name": "X"}, timeout=10).status_code == 404


def test_another_site_cannot_send_the_form(box: Any) -> None:
    """A page elsewhere that posts here is refused; what does not exist is 404."""
    key = next(iter(box.medipim.catalogue.products))
    url = f"{box.page('medipim')}products/{key}"
    name = box.medipim.catalogue.products[key]["name"]["nl"]
    other = requests.post(url, data={"name": "X"}, headers={"Origin": "https://evil.test"}, timeout=10)
    assert (other.status_code, box.medipim.catalogue.products[key]["name"]["nl"]) == (403, name)
    assert requests.post(f"{box.page('medipim')}products/none", data={"name": "X"}, timeout=10).status_code == 404
    assert requests.get(f"{box.page('micropim')}products/1", timeout=10).status_code == 404
