"""An older version never goes over a newer one, whatever road it takes and whatever became of the newer one."""

from typing import Any

import pytest

from sandbox import Fault
from tests.cases.records import at, category, photos, product, sold_in, text
from tests.target.conftest import record_line, schema_line, state_line

TOO_LONG = "v2" * 200


def undated(record: Any) -> Any:
    """The same without an update time."""
    return {name: value for name, value in record.items() if name not in {"updated_at", "meta"}}


@pytest.mark.parametrize("older", [product("M1", "old"), product("M1", "new", **text("<p>old</p>"))])
def test_an_older_record(shop: Any, older: Any) -> None:
    """It stays out on another night; the newest goes in."""
    shop.night(at(2000, product("M1", "new")))
    shop.night(at(1000, older))
    assert (shop.name("M1"), shop.product("M1")["description"]) == ("new", None)
    shop.night(at(3000, product("M1", "newest")))
    assert shop.name("M1") == "newest"


@pytest.mark.parametrize("order", [(2000, 1000), (1000, 2000), (1000, 3000, 2000), (3000, 1000, 2000)])
def test_versions_in_one_run(shop: Any, order: tuple[int, ...]) -> None:
    """Whatever their order, the newest is what stands."""
    shop.night(*(at(seconds, product("M1", f"at {seconds}")) for seconds in order))
    assert (shop.skus(), shop.name("M1")) == (["M1"], f"at {max(order)}")


def test_an_older_record_archives_nothing(make_shop: Any) -> None:
    """Inactive long ago, active since."""
    shop = make_shop({"create_status": "active"})
    shop.night(at(2000, product("M1", "new")))
    shop.night(at(1000, product("M1", "old", status="inactive")))
    assert (shop.status("M1"), shop.name("M1")) == ("active", "new")


def test_an_older_record_sends_no_picture(shop: Any) -> None:
    """A picture that the source has dropped since."""
    shop.night(at(2000, product("M1", "new", **photos(2))))
    shop.night(at(1000, product("M1", "old", **photos(1))))
    assert (shop.name("M1"), shop.pictures("M1")) == ("new", [2])


@pytest.mark.parametrize("became", ["unchanged", "rejected"])
def test_an_older_record_after_a_newer_one_that_wrote_nothing(shop: Any, became: str) -> None:
    """The newer one was unchanged in content, or refused: it counts all the same."""
    shop.night(at(1000, product("M1", "v1")))
    shop.night(at(2000, product("M1", "v1" if became == "unchanged" else TOO_LONG)))
    shop.night(at(1500, product("M1", "between")))
    assert shop.name("M1") == "v1"
    shop.night(at(3000, product("M1", "v3")))
    assert shop.name("M1") == "v3"


@pytest.mark.parametrize("refusal", ["patch", "too long"])
@pytest.mark.parametrize("back_to", ["v1", "v3"])
def test_a_replay_takes_nothing_back(shop: Any, refusal: str, back_to: str) -> None:
    """v2 was rejected, the source has withdrawn it since: its reject is superseded, also where it would fit now."""
    shop.night(at(1000, product("M1", "v1")))
    if refusal == "patch":
        shop.pim.faults.add(Fault("status", "PATCH /api/products", times=None, status=400))
    refused = shop.night(at(2000, product("M1", "v2" if refusal == "patch" else TOO_LONG)))
    assert refused.rejected == {"M1"}
    shop.pim.faults.clear()
    shop.night(at(3000, product("M1", back_to)))
    assert shop.name("M1") == back_to
    shop.replay(refused, **({} if refusal == "patch" else {"on_too_long": "cut"}))
    assert shop.name("M1") == back_to
    shop.night(at(4000, product("M1", "v4")))
    assert shop.name("M1") == "v4"


def test_a_replay_without_a_newer_version_goes_in(shop: Any) -> None:
    """Nothing has come since: the reject is the newest that is known."""
    shop.night(at(1000, product("M1", "v1")))
    refused = shop.night(at(2000, product("M1", TOO_LONG)))
    shop.replay(refused, on_too_long="cut")
    assert shop.name("M1").startswith("v2v2")


@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("is_dated", [True, False])
def test_a_replay_of_the_older_of_two_rejects(shop: Any, is_known: bool, is_dated: bool) -> None:
    """Of one second, or without update times: the newer one waits to be tried again, and is not forgotten for it."""

    def version(name: str) -> Any:
        return at(2000, product("M1", name)) if is_dated else undated(product("M1", name))

    if is_known:
        shop.night(version("v0"))
    first = shop.night(version("v1" * 200))
    shop.night(version("v2" * 200))
    shop.replay(first, on_too_long="cut")
    assert shop.name("M1").startswith("v2v2")


@pytest.mark.parametrize("is_dated", [True, False])
def test_a_replay_after_the_source_went_back(shop: Any, is_dated: bool) -> None:
    """What came since changed nothing: no update time tells that it is the newer version, only when it came."""

    def version(name: str) -> Any:
        return at(2000, product("M1", name)) if is_dated else undated(product("M1", name))

    shop.night(version("v1"))
    refused = shop.night(version(TOO_LONG))
    shop.night(version("v1"))
    shop.replay(refused, on_too_long="cut")
    assert shop.name("M1") == "v1"


@pytest.mark.parametrize("is_known", [True, False])
def test_a_replay_takes_no_category_back(make_shop: Any, is_known: bool) -> None:
    """A category has no update time: its rejected name is superseded when another one came since."""
    shop = make_shop({"update_categories": True})
    in_it = product("M1", "A", **sold_in(1))
    if is_known:
        shop.night(in_it, categories=[category(1, "Care")])
    shop.pim.faults.add(Fault("status", "/api/categories", times=None, status=400, containing="Sun"))
    refused = shop.night(in_it, categories=[category(1, "Sun")])
    shop.pim.faults.clear()
    assert len(refused.rejects) == 1
    shop.night(in_it, categories=[category(1, "Sea")])
    shop.replay(refused)
    assert shop.paths() == ["Sea"]


def test_a_replay_of_a_category_goes_in(shop: Any) -> None:
    """Nothing has come since."""
    shop.pim.faults.add(Fault("status", "/api/categories", times=None, status=400, containing="Sun"))
    refused = shop.night(categories=[category(1, "Sun")])
    shop.pim.faults.clear()
    shop.replay(refused)
    assert shop.paths() == ["Sun"]


def test_a_record_without_update_time_is_as_new_as_the_newest(shop: Any) -> None:
    """It goes in, and what was older than the one before it stays older."""
    shop.night(at(3000, product("M1", "v3")))
    shop.night(undated(product("M1", "v4")))
    assert shop.name("M1") == "v4"
    shop.night(at(2000, product("M1", "v2")))
    assert shop.name("M1") == "v4"
    shop.night(at(5000, product("M1", "v5")))
    assert shop.name("M1") == "v5"


@pytest.mark.parametrize("odd", [4_070_908_800, 4_070_908_800_000, 1e300])
@pytest.mark.parametrize("name", ["odd", TOO_LONG])
def test_an_update_time_in_the_future_freezes_nothing(shop: Any, odd: float, name: str) -> None:
    """Corrected at the source the product goes on, though it was dated later before; refused or not."""
    wrong = at(1000, product("M1", name))
    wrong["meta"]["updatedAt"] = odd
    shop.night(at(1000, product("M1", "before")))
    shop.night(wrong)
    now = int(shop.time.wall())
    shop.night(at(now, product("M1", "right")))
    assert shop.name("M1") == "right"
    shop.night(at(now - 9, product("M1", "older")))
    assert shop.name("M1") == "right"


def test_a_reject_that_is_tried_again_gives_way_to_a_newer_record(shop: Any) -> None:
    """Tried again by itself the next night, or superseded by what comes then: the newest stands."""
    shop.pim.faults.add(Fault("status", "POST /api/products$", status=400))
    shop.night(at(1000, product("M1", "v1")))
    for seconds, name in ((2000, "v2"), (3000, "v3")):
        shop.night(at(seconds, product("M1", name)))
        assert (shop.skus(), shop.name("M1")) == (["M1"], name)


@pytest.mark.parametrize("later", [2000, 3000])
def test_no_state_passes_what_waits_in_place_of_another_version(shop: Any, later: int) -> None:
    """It waits for the end of the input, and comes once more: a STATE between the two covers it, and it is not done."""
    shop.night(at(1000, product("M1", "A")))
    gone = product("M1", "A", status="inactive")
    lines = [schema_line("products")]
    for number, seconds in enumerate((2000, later), start=1):
        lines += [record_line("products", at(seconds, gone)), state_line({"at": number})]
    shop.pim.faults.add(Fault("status", "DELETE /api/products", status=401, times=None))
    night = shop.fed(b"\n".join(lines) + b"\n")
    assert (night.is_good, night.states, shop.status("M1")) == (False, [], "draft")
    shop.pim.faults.clear()
    night = shop.fed(b"\n".join(lines) + b"\n")
    assert (night.is_good, night.states[-1], shop.status("M1")) == (True, {"at": 2}, "archived")
    ends = night.report["streams"]["products"]
    assert (ends["received"], ends["archived"], ends["superseded"]) == (2, 1, 1)
