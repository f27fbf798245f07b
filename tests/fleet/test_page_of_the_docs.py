"""The how-to's fleet file is a good one, and its mistakes are told as it shows them."""

import re
from pathlib import Path

import pytest

from micropim_fleet.fleet import load
from micropim_fleet.mistakes import WrongFleet

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "twenty-shops.md").read_text(encoding="utf-8")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file as the page has it, with its list beside it."""
    (text,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "brugge.csv").write_text("CNK,Naam\n0012345,Zalf\n", encoding="utf-8")
    (tmp_path / "fleet.yml").write_text(text, encoding="utf-8")
    return tmp_path / "fleet.yml"


def test_the_file_of_the_page_has_no_mistake(file: Path) -> None:
    """Three shops of one market and one address."""
    fleet = load(file)
    assert list(fleet.shops) == ["gent", "brugge", "namur"]
    assert {shop.egress.name for shop in fleet.shops.values()} == {"office"}
    assert fleet.shops["brugge"].assortment.listed() == ("0012345",)


def test_the_mistakes_of_the_page_are_those_that_are_told(file: Path) -> None:
    """Line, shop and words."""
    file.write_text(file.read_text(encoding="utf-8").replace("sku_template", "sku_templat"), encoding="utf-8")
    with pytest.raises(WrongFleet) as raised:
        load(file, {})
    told = [mistake.told(Path("fleet.yml")) for mistake in raised.value.mistakes]
    shown = re.findall(r"^    (fleet\.yml:.*)$", PAGE, re.MULTILINE)
    assert len(shown) == 2
    assert set(shown) <= set(told), told
