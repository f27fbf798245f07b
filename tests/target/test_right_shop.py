"""The right shop: ``organization`` names it, and a new ledger refuses one that another ledger beside it serves."""

import shutil
from typing import Any

import pytest

from pim_wire.errors import AccessDenied, InvalidSettings
from sandbox.faults import Fault
from target_micropim.catalog.ownership import fingerprint_of
from target_micropim.errors import AnotherShop
from target_micropim.settings.shaping import organization
from tests.target.conftest import KEY, World
from tests.target.test_check import command
from tests.target.test_new_key import NEW, give_new_key, products

ELSEWHERE = "0123456789ab"


def name(world: World, key: str = KEY) -> str:
    """The fingerprint of this address and a key."""
    return fingerprint_of(organization(world.box.micropim_url, key))


def printed(world: World, **settings: Any) -> str:
    """The fingerprint as --check prints it."""
    _, told, _ = command(world, "--check", **settings)
    (line,) = [line for line in told if line.startswith("Organization: ")]
    return line.split()[1]


@pytest.mark.parametrize("has_ledger", [False, True])
@pytest.mark.parametrize("dry_run", [False, True])
def test_another_organization_than_the_one_that_is_named_stops(
    world: World, singer: Any, *, has_ledger: bool, dry_run: bool
) -> None:
    """Before anything is written, with both names in the line; --check says the same."""
    if has_ledger:
        world.load(products(singer, 1))
    world.forget_requests()
    for given in (products(singer, 1, name="Day 2"), [singer.state({})]):
        outcome = world.run(given, organization=ELSEWHERE, dry_run=dry_run)
        assert isinstance(outcome.failure, AnotherShop)
        assert ELSEWHERE in str(outcome.failure)
        assert name(world) in str(outcome.failure)
        assert outcome.states == []
    code, lines, _ = command(world, "--check", organization=ELSEWHERE)
    assert code == 1
    assert any("NOT GOOD: organization" in line for line in lines)
    assert world.writes() == []


@pytest.mark.parametrize("has_ledger", [False, True])
def test_the_printed_fingerprint_is_accepted(world: World, singer: Any, *, has_ledger: bool) -> None:
    """Whatever its case, with blanks around it."""
    if has_ledger:
        world.load(products(singer, 1))
    found = printed(world)
    assert found == name(world)
    world.load(products(singer, 1, 2), organization=f" {found.upper()} ")
    assert len(world.pim.products) == 2


def test_it_stays_when_a_new_key_is_recognised(world: World, singer: Any) -> None:
    """The setting of before stays right, twice; so does --check; the new key's own is right as well."""
    world.load(products(singer, 1, 2))
    before = printed(world)
    give_new_key(world)
    world.load(products(singer, 1, name="Day 2"), api_key=NEW, organization=before)
    world.load(products(singer, 1, name="Day 3"), api_key=NEW, organization=before)
    assert printed(world, api_key=NEW, organization=before) == before
    world.load(products(singer, 1, name="Day 4"), api_key=NEW, organization=name(world, NEW))


def test_a_key_that_nothing_proves_to_be_of_it_stops(world: World, singer: Any) -> None:
    """A ledger without a live product goes on with any key, unless the organization is named."""
    world.load(products(singer, 1))
    world.load(singer.lines(products=[singer.product(1, status="inactive")]))
    give_new_key(world)
    outcome = world.run(products(singer, 2), api_key=NEW, organization=name(world))
    assert isinstance(outcome.failure, AnotherShop)
    assert world.writes() == []
    world.load(products(singer, 2), api_key=NEW, organization=name(world, NEW))
    assert printed(world, api_key=NEW) == name(world, NEW)


@pytest.mark.parametrize("value", ["My shop", '"0123456789ab"', "0123456789a", "0123456789abc", "0123456789ag"])
def test_what_is_no_fingerprint_is_refused(world: World, value: str) -> None:
    """By name, before the first request."""
    outcome = world.run([], organization=value)
    assert "organization" in "; ".join(getattr(outcome.failure, "errors", [str(outcome.failure)]))
    assert not isinstance(outcome.failure, AnotherShop | InvalidSettings | None)
    assert world.pim.requests == []


def test_a_mistyped_key_is_told_as_such(world: World, singer: Any) -> None:
    """Not as the key of another shop."""
    outcome = world.run(products(singer, 1), organization=name(world), api_key="mistyped")
    assert isinstance(outcome.failure, AccessDenied)


# Two ledgers, one organization


def second(world: World, file: str = "second.db") -> str:
    """A ledger_url in the folder of the first one."""
    return f"sqlite:///{world.folder}/{file}"


@pytest.mark.parametrize("file", ["second.db", "second", "another.sqlite3"])
@pytest.mark.parametrize("dry_run", [False, True])
def test_a_new_ledger_refuses_an_organization_that_another_one_serves(
    world: World, singer: Any, file: str, *, dry_run: bool
) -> None:
    """The shop that forgot its key: nothing is written, the ledger that serves it is named, and --check says so."""
    world.load(products(singer, 1))
    world.forget_requests()
    outcome = world.run(products(singer, 7), ledger_url=second(world, file), dry_run=dry_run)
    assert isinstance(outcome.failure, AnotherShop)
    assert "ledger.db" in str(outcome.failure)
    assert name(world) in str(outcome.failure)
    code, lines, _ = command(world, "--check", ledger_url=second(world, file))
    assert code == 1
    assert any("NOT GOOD: ledger_url" in line for line in lines)
    assert world.writes() == []
    world.load(products(singer, 1, 2))


@pytest.mark.parametrize("dry_run", [False, True])
@pytest.mark.parametrize("status", ["inactive", "archived again"])
def test_a_ledger_without_products_that_got_another_shops_key(
    world: World, singer: Any, status: str, *, dry_run: bool
) -> None:
    """It was bound to an organization of its own, and holds nothing that could prove it: nor does a rebinding."""
    world.load(products(singer, 1))
    give_new_key(world)  # from here the sandbox is another shop's
    if status == "archived again":
        world.load(products(singer, 7), ledger_url=second(world), api_key=NEW)
    gone = singer.lines(products=[singer.product(7, status="inactive")])
    world.load(gone, ledger_url=second(world), api_key=NEW)
    world.pim.switch(api_key=KEY)
    world.forget_requests()
    outcome = world.run(products(singer, 8), ledger_url=second(world), dry_run=dry_run)
    assert isinstance(outcome.failure, AnotherShop)
    assert "ledger.db" in str(outcome.failure)
    code, _, _ = command(world, "--ledger=rebind", ledger_url=second(world))
    assert code == 1
    assert world.writes() == []
    world.load(products(singer, 8), ledger_url=second(world), organization=name(world))


@pytest.mark.parametrize("writing", ["sub/../second.db", "./second.db", "{folder}/second.db", "elsewhere/link.db"])
def test_however_the_path_is_written(world: World, singer: Any, writing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative, absolute, over another folder, behind a link that lies in another one."""
    world.load(products(singer, 1))
    world.forget_requests()
    monkeypatch.chdir(world.folder)
    for folder in ("sub", "elsewhere"):
        (world.folder / folder).mkdir()
    (world.folder / "elsewhere" / "link.db").symlink_to(world.folder / "second.db")
    outcome = world.run(products(singer, 7), ledger_url=f"sqlite:///{writing.format(folder=world.folder)}")
    assert isinstance(outcome.failure, AnotherShop)
    assert world.writes() == []
    world.load(products(singer, 1), ledger_url="sqlite:///sub/../ledger.db")


def test_a_ledger_under_a_new_name(world: World, singer: Any) -> None:
    """The address still says the old one: the ledger that was renamed is named."""
    world.load(products(singer, 1))
    (world.folder / "ledger.db").rename(world.folder / "shop1.db")
    world.forget_requests()
    outcome = world.run(products(singer, 1))
    assert isinstance(outcome.failure, AnotherShop)
    assert "shop1.db" in str(outcome.failure)
    assert world.writes() == []


def test_named_it_may_have_two_ledgers(world: World, singer: Any) -> None:
    """Two markets into one organization: whoever names it means it; afterwards both go on as they are."""
    world.load(products(singer, 1))
    world.load(products(singer, 7), ledger_url=second(world), organization=name(world))
    world.load(products(singer, 7, 8), ledger_url=second(world))
    world.load(products(singer, 1, 2))
    assert len(world.pim.products) == 4


def test_ledgers_of_others_and_other_files_do_not_matter(world: World, singer: Any) -> None:
    """Another key, another address, a database that is no ledger, text, a folder, a link to this ledger."""
    world.load(products(singer, 1))
    give_new_key(world)
    (world.folder / "throttle.db").write_bytes((b"SQLite format 3\0").ljust(200, b"\1"))
    (world.folder / "notes.db").write_text("not a database")
    (world.folder / "old").mkdir()
    world.load(products(singer, 7), ledger_url=second(world), api_key=NEW)


def test_the_same_ledger_under_another_name_is_the_same(world: World, singer: Any) -> None:
    """A link to it is no second one; a copy beside it is, while this one is new."""
    file = world.folder / "ledger.db"
    world.run([singer.state({})])
    (world.folder / "link.db").symlink_to(file)
    world.load(products(singer, 1))
    world.load(products(singer, 1), ledger_url=second(world, "link.db"))
    shutil.copy(file, world.folder / "backup.db")
    world.load(products(singer, 1, 2))


def test_a_mistyped_key_comes_before_the_ledgers(world: World, singer: Any) -> None:
    """A key that is accepted no more is told as such."""
    world.load(products(singer, 1))
    world.pim.faults.add(Fault("status", "GET /api/channels", times=None, status=401))
    outcome = world.run(products(singer, 1), ledger_url=second(world))
    assert isinstance(outcome.failure, AccessDenied)
