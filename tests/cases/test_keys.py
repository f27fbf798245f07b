"""No key stands in what is written, whatever odd place it comes from."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import product

KEY = "a-key-that-must-not-be-told"


def files_with_the_key(shop: Any) -> list[str]:
    """The files of all nights that hold it."""
    files = [file for file in shop.folder.rglob("*") if file.is_file()]
    return sorted({file.name for file in files if KEY.encode() in file.read_bytes()})


@pytest.mark.parametrize(
    ("route", "status"),
    [
        ("POST /api/products$", 400),
        ("PATCH /api/products/", 409),
        ("GET /api/products", 403),
        ("GET /api/channels", 401),
    ],
)
def test_a_key_that_the_service_echoes(make_shop: Any, caplog: Any, route: str, status: int) -> None:
    """In the text of an error: it stands neither in a file nor in the log."""
    shop = make_shop({"api_key": KEY}, api_key=KEY)
    shop.night(product("M1", "A"))
    body = f'{{"status":0,"data":null,"error":"no right for {KEY}"}}'
    shop.pim.faults.add(Fault("status", route, times=None, status=status, body=body))
    night = shop.night(product("M1", "B"), product("M2", "A"))
    assert files_with_the_key(shop) == []
    assert KEY not in caplog.text + str(night.failure)


@pytest.mark.parametrize("who", ["a person", "the source"])
def test_a_key_that_stands_in_content(make_shop: Any, caplog: Any, who: str) -> None:
    """Pasted into a name by accident: reports and logs do not spread it."""
    shop = make_shop({"api_key": KEY}, api_key=KEY)
    shop.night(product("M1", "A"))
    if who == "a person":
        shop.people.edit(shop.id_of("M1"), name=f"By hand {KEY}")
    for name in ("B", f"C {KEY}" if who == "the source" else "C"):
        shop.night(product("M1", name))
    assert files_with_the_key(shop) == []
    assert KEY not in caplog.text
