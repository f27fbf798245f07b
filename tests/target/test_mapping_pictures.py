"""Which pictures of a record, in which order."""

from typing import Any

import pytest

from target_micropim.mapping.pictures import Media, PictureRules, pictures
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


def test_the_format_is_the_first_wanted_one() -> None:
    """Formats by preference; a picture without one is left out with a warning, one without an id is its address."""
    photos = [
        {"id": 1, "formats": {"medium": "https://m.example.test/m.jpg", "large": "https://m.example.test/l.jpg"}},
        {"id": 2, "formats": {"tiny": "https://m.example.test/t.jpg"}},
        {"id": 3, "formats": None},
        {"formats": {"huge": "https://m.example.test/no-id.jpg"}},
        "no object",
        photo(0),
        photo(5),
    ]
    desired = mapped(photos=photos)
    assert [(picture.key, picture.url) for picture in desired.pictures] == [
        ("1", "https://m.example.test/l.jpg"),
        ("https://m.example.test/no-id.jpg", "https://m.example.test/no-id.jpg"),
        ("0", "https://m.example.test/0.jpg"),
        ("5", "https://m.example.test/5.jpg"),
    ]
    assert len(desired.warnings) == 2


@pytest.mark.parametrize(
    "formats",
    [
        {"large": "https://m.example.test/l", "huge": "https://m.example.test/h"},
        [{"large": "https://m.example.test/l"}, {"huge": "https://m.example.test/h"}],
        [{"large": "https://m.example.test/l", "huge": "https://m.example.test/h"}],
        [{"name": "huge", "url": "https://m.example.test/h"}, {"name": "medium", "url": "https://m.example.test/m"}],
        [{"format": "huge", "href": "https://m.example.test/h"}],
        {"huge": {"url": "https://m.example.test/h"}},
    ],
)
def test_formats_as_a_list_and_as_an_object(formats: Any) -> None:
    """Both are documented or seen (docs/api/medipim.md#pictures)."""
    (picture,) = mapped(photos=[{"id": 1, "formats": formats}]).pictures
    assert picture.url == "https://m.example.test/h"


def test_formats_as_a_list_of_addresses() -> None:
    """The address names its format."""
    files = [f"{size}/1a.{kind}" for size in ("medium", "huge") for kind in ("webp", "jpeg")]
    urls = [f"https://m.example.test/media/{file}" for file in files]
    assert [picture.url for picture in mapped(photos=[{"id": 1, "formats": urls}]).pictures] == [urls[3]]


def test_the_alt_text_is_the_name_cut_to_its_limit() -> None:
    """In the language of the name, never longer than MicroPIM takes."""
    desired = mapped(name={"nl": "N" * 255}, photos=[photo(1)])
    assert desired.pictures[0].alt == "N" * 255


def picture(key: Any, order: Any = None, **more: Any) -> dict[str, Any]:
    """One media item."""
    return {"id": key, "displayOrder": order, "formats": {"huge": f"https://a.example/{key}"}, **more}


def shot(record: Any, locales: tuple[str, ...] = ("nl", "fr"), *, any_language: bool = False) -> tuple[list[str], int]:
    """The keys chosen and the number of warnings."""
    warnings: list[str] = []
    rules = PictureRules(("huge", "large"), allow_private_hosts=False, any_language=any_language)
    return [one.key for one in pictures(Media(record, frozenset({"public"})), rules, locales, "alt", warnings)], len(
        warnings
    )


def test_which_pictures_in_which_order() -> None:
    """Frontal ones by their order, each once; what has no usable address costs a warning."""
    frontals = [picture(1), picture(2, 5), picture(3, 1.5), picture(3, 9), picture(None), "x"]
    photos = [picture(4), picture(5, formats={"huge": "", "large": "https://a.example/5"}), picture(6, formats="x")]
    record = {"frontals": frontals, "photos": photos}
    assert shot(record) == (["3", "2", "1", "https://a.example/None", "4", "5"], 1)
    rules = PictureRules(("huge",), allow_private_hosts=False)
    (one,) = pictures(Media({"photos": [picture(1)]}, frozenset()), rules, ("nl",), "a" * 256, [])
    assert one.alt == "a" * 255
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
    assert shot({"photos": tied}, locales=("en",), any_language=True) == (["1", "2", "3"], 0)


def webp(key: Any, locale: str) -> dict[str, Any]:
    """A picture that has no format that is wanted."""
    return picture(key, locales=[locale], formats={"hugeWebp": f"https://a.example/{key}.webp"})


def test_a_language_without_a_usable_picture_hides_no_other() -> None:
    """Of the languages that were passed over a person hears; of the others nobody."""
    assert shot({"photos": [webp(1, "nl"), picture(2, locales=["fr"])]}) == (["2"], 1)
    assert shot({"photos": [webp(1, "nl")]}) == ([], 1)
    assert shot({"photos": [picture(1, locales=["nl"]), webp(2, "fr")]}) == (["1"], 0)
    assert shot({"photos": [picture(1, locales=["nl"]), webp(2, "nl"), picture(3, locales=["nl"])]}) == (["1", "3"], 1)
    assert shot({"photos": [webp(1, "nl"), picture(2, locales=["de"])]}) == ([], 1)
    assert shot({"photos": [webp(1, "nl"), picture(2, locales=["de"])]}, any_language=True) == (["2"], 1)


def test_the_order_of_the_source() -> None:
    """As a number or as a text; what has none comes last, as it came."""
    frontals = [picture(1), picture(2, "10"), picture(3, "9"), picture(4, "x"), picture(5, 1.5), picture(6, 0)]
    assert shot({"frontals": frontals})[0] == ["6", "5", "3", "2", "1", "4"]
    assert shot({"photos": [picture(1, 2), picture(2, "1"), picture(3)]})[0] == ["2", "1", "3"]


def test_one_address_under_two_ids_is_one_picture() -> None:
    """In another format too."""
    formats = {"huge": "https://a.example/1", "large": "https://a.example/1-large"}
    record = {"photos": [picture(1, formats=formats), picture(2, formats=formats), picture(3, formats={
        "large": "https://a.example/1-large"})]}  # fmt: skip
    assert shot(record) == (["1"], 0)


def test_what_the_source_has_whoever_it_is_for() -> None:
    """Every address in every format, by target group; a record without the fields says nothing."""
    record = {"photos": [picture(1, targetGroups=["doctor"]), webp(2, "de")], "frontals": None}
    assert Media(record, frozenset()).addresses == {"https://a.example/1", "https://a.example/2.webp"}
    public = frozenset({"public"})
    assert Media(record, public).addresses == {"https://a.example/2.webp"}
    assert Media(record, public).addresses_for_others == {"https://a.example/1"}
    assert Media({"photos": []}, frozenset()).addresses == frozenset()
    assert Media({"id": "1"}, frozenset()).addresses is None


@pytest.mark.parametrize("photos", [picture(1), {"0": picture(1)}, {"0": picture(1), "2": None}])
def test_one_picture_in_place_of_a_list(photos: Any) -> None:
    """An object in its place, or a list with gaps as some programs write it."""
    assert shot({"photos": photos}) == (["1"], 0)
    assert Media({"photos": photos}, frozenset()).addresses == {"https://a.example/1"}


@pytest.mark.parametrize("photos", ["x", 5, ["https://a.example/1"]])
def test_what_cannot_be_read_says_nothing_of_pictures(photos: Any) -> None:
    """It is told, and nothing counts as withdrawn for it."""
    assert shot({"photos": photos}) == ([], 1)
    assert Media({"photos": photos}, frozenset()).addresses is None


def test_one_language_or_group_in_place_of_a_list() -> None:
    """A text is a list of one."""
    photos = [
        picture(1, locales="fr"),
        picture(2, locales="nl", targetGroups="public"),
        picture(3, targetGroups="other"),
    ]
    assert shot({"photos": photos}) == (["2"], 0)
