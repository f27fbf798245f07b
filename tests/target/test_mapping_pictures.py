"""Which pictures of a record, in which order."""

from typing import Any

from target_micropim.mapping.pictures import PictureRules, pictures
from tests.target.shop_rules import mapped


def photo(key: Any, **fields: Any) -> Any:
    """A photo."""
    return {"id": key, "formats": {"huge": f"https://m.example.test/{key}.jpg"}, **fields}


def keys(**fields: Any) -> list[str]:
    """The keys of the mapped pictures."""
    return [picture.key for picture in mapped(**fields).pictures]


def test_pictures_frontal_first_each_once() -> None:
    """Frontals by their display order, then the photos in theirs."""
    frontals = [photo(3, displayOrder=2), photo(2, displayOrder=1), photo(4)]
    assert keys(photos=[photo(1), photo(2), photo(1)], frontals=frontals) == ["2", "3", "4", "1"]


def test_pictures_are_chosen_by_language_and_target_group() -> None:
    """Meant for another language or another public: left out; meant for nobody in particular: taken."""
    photos = [
        photo(1, locales=["de"]),
        photo(2, locales=["nl", "de"]),
        photo(3, targetGroups=["professional"]),
        photo(4, targetGroups=["webshop"]),
        photo(5, targetGroups=[], locales=[]),
        photo(6, targetGroups=None, locales=None),
    ]
    assert keys(photos=photos) == ["2", "4", "5", "6"]
    assert keys(changes={"media_target_groups": frozenset()}, photos=photos) == ["2", "3", "4", "5", "6"]


def test_the_format_is_the_first_wanted_one_and_the_number_is_limited() -> None:
    """Formats by preference; a picture without one is left out with a warning and takes no place."""
    photos = [
        {"id": 1, "formats": {"medium": "https://m.example.test/m.jpg", "large": "https://m.example.test/l.jpg"}},
        {"id": 2, "formats": {"tiny": "https://m.example.test/t.jpg"}},
        {"id": 3, "formats": None},
        {"formats": {"huge": "https://m.example.test/no-id.jpg"}},
        "no object",
        photo(4),
        photo(5),
    ]
    desired = mapped(changes={"max_images": 2}, photos=photos)
    assert [picture.url for picture in desired.pictures] == [
        "https://m.example.test/l.jpg",
        "https://m.example.test/4.jpg",
    ]
    assert len(desired.warnings) == 2
    assert keys(changes={"max_images": 0}, photos=photos) == []


def test_the_alt_text_is_the_name_cut_to_its_limit() -> None:
    """In the language of the name, never longer than MicroPIM takes."""
    desired = mapped(name={"nl": "N" * 255}, photos=[photo(1)])
    assert desired.pictures[0].alt == "N" * 255


def picture(key: Any, order: Any = None, **more: Any) -> dict[str, Any]:
    """One media item."""
    return {"id": key, "displayOrder": order, "formats": {"huge": f"https://a.example/{key}"}, **more}


def shot(record: Any, most: int = 9, locales: tuple[str, ...] = ("nl", "fr")) -> tuple[list[str], int]:
    """The keys chosen and the number of warnings."""
    warnings: list[str] = []
    rules = PictureRules(("huge", "large"), frozenset({"public"}), most, allow_private_hosts=False)
    return [one.key for one in pictures(record, rules, locales, "alt", warnings)], len(warnings)


def test_which_pictures_in_which_order() -> None:
    """Frontal ones by their order, each once, as many as allowed; what has no usable address costs a warning."""
    frontals = [picture(1), picture(2, 5), picture(3, 1.5), picture(3, 9), picture(None), "x"]
    photos = [picture(4), picture(5, formats={"huge": "", "large": "https://a.example/5"}), picture(6, formats="x")]
    record = {"frontals": frontals, "photos": photos}
    assert shot(record) == (["3", "2", "1", "4", "5"], 1)
    assert shot(record, most=2) == (["3", "2"], 0)
    rules = PictureRules(("huge",), frozenset(), 1, allow_private_hosts=False)
    assert next(pictures({"photos": [picture(1)]}, rules, ("nl",), "a" * 256, [])).alt == "a" * 255
    assert shot({"photos": [picture(7, formats={"huge": "http://localhost/x"}), picture(8, formats={})]}) == ([], 2)
    tied = [
        picture(1, locales=["fr"]),
        picture(2, locales=["nl", "fr"]),
        picture(3, locales=[]),
        picture(4, locales=["de"]),
    ]
    assert shot({"photos": tied}) == (["2", "3"], 0)
    assert shot({"photos": tied}, locales=("en", "fr")) == (["1", "2", "3"], 0)
    assert shot({"photos": tied}, locales=("en",)) == (["3"], 0)
