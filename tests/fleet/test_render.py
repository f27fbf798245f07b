"""micropim-fleet render: nothing is typed, nothing is pasted, a second time changes nothing."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from ruamel.yaml import YAML

from micropim_fleet.cli import carry_out
from micropim_fleet.emit import as_yaml
from micropim_fleet.fleet import load
from micropim_fleet.meltano_file import for_meltano, project
from micropim_fleet.names import identifier, literal
from micropim_fleet.render import rendered, sql_of
from tests.fleet.conftest import FLEET, Written


def plugins(file: Path) -> dict[str, Any]:
    """All plugins of the project, by name."""
    found = project(load(file))["plugins"]
    return {plugin["name"]: plugin for plugin in [*found["extractors"], *found["loaders"]]}


def test_a_second_time_changes_nothing(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    """The order is that of the file; a shop that is gone loses its SQL; ``--check`` tells without writing."""
    file = written('  kortrijk: {api_key: "${KORTRIJK_KEY}", egress: north}\n')
    assert carry_out(["render", "--check", "-f", str(file)]) == 1
    assert not (file.parent / "meltano.yml").exists()
    capsys.readouterr()
    assert carry_out(["render", "-f", str(file)]) == 0
    shops = [f"sql/shops/{name}.sql" for name in ("gent", "brugge", "kortrijk")]
    made = ["meltano.yml", "engine/dagster.yaml", "sql/fleet.sql", *shops]
    assert capsys.readouterr().out.split() == made
    assert carry_out(["render", "--check", "-f", str(file)]) == 0
    assert carry_out(["render", "-f", str(file)]) == 0
    assert capsys.readouterr().out == "nothing has changed\n"
    assert carry_out(["render", "-f", str(written())]) == 0
    assert capsys.readouterr().out.split() == ["meltano.yml", "sql/shops/kortrijk.sql"]
    assert not (file.parent / "sql" / "shops" / "kortrijk.sql").exists()


def test_dagster_is_told_how_many_runs_at_a_time(written: Written) -> None:
    """So many of an egress, one of each shop, and enough of all: without a number Dagster runs ten at a time."""
    text = FLEET.replace("north: {writes_per_minute: 60}", "north: {concurrent_runs: 12}\n  south: {}")
    file = written(text='throttle_url: "${THROTTLE}"\n' + text)
    runs = yaml.safe_load(rendered(load(file))["engine/dagster.yaml"])["concurrency"]["runs"]
    assert runs["max_concurrent_runs"] == 12 + 1 + 1  # shops of two egresses, a market
    assert runs["tag_concurrency_limits"] == [
        {"key": "micropim_fleet/egress", "value": "north", "limit": 12},
        {"key": "micropim_fleet/egress", "value": "south", "limit": 1},
        {"key": "dagster/partition", "value": {"applyLimitPerUniqueValue": True}, "limit": 1},
    ]


def test_a_file_of_somebody_else_stays(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    """A meltano.yml that was typed is not overwritten, and nothing else is written either."""
    file = written()
    own = file.parent / "meltano.yml"
    own.write_text("version: 1\n")
    assert carry_out(["render", "-f", str(file)]) == 1
    assert own.read_text() == "version: 1\n"
    assert not (file.parent / "sql").exists()
    assert "move it away" in capsys.readouterr().err


def test_every_reader_of_yaml_reads_the_same(written: Written) -> None:
    """YAML 1.1 and 1.2 differ in words and numbers; what is written holds none that they differ in."""
    words = [
        "no",
        "on",
        "y",
        "0123",
        "1e3",
        "0o17",
        "12:30",
        "5%",
        ".inf",
        "null",
        "",
        " x ",
        "a: b",
        "#",
        "'",
        '"',
        "é\u2028😀\x7f",
    ]
    content = {word: [word, {"k": word}] for word in words}
    assert yaml.safe_load(as_yaml(content)) == content
    assert YAML(typ="safe", pure=True).load(as_yaml(content)) == content
    whole = project(load(written()))
    assert YAML(typ="safe", pure=True).load(as_yaml(whole)) == yaml.safe_load(as_yaml(whole)) == whole


def test_a_shop_is_a_pair_that_inherits(written: Written) -> None:
    """What is the same stands once; fifty shops are less than the thousand lines that were typed for them."""
    found = plugins(written())
    assert list(found) == [
        *("tap-medipim", "tap-medipim--be", "tap-postgres", "tap-postgres--gent", "tap-postgres--brugge"),
        *(
            "target-postgres",
            "target-postgres--be",
            "target-micropim",
            "target-micropim--gent",
            "target-micropim--brugge",
        ),
    ]
    assert found["tap-postgres--gent"]["config"] == {"filter_schemas": ["feed_gent"]}
    loader = found["target-micropim--gent"]["config"]
    assert loader["api_key"] == "${GENT_KEY}"
    assert (loader["ledger_schema"], loader["throttle_scope"], loader["writes_per_minute"]) == ("gent", "north", 60)
    assert found["target-micropim"]["config"]["ledger_url"] == "postgresql://sync@db.example:5432/fleet"
    assert "field_policies" not in loader
    more = "".join(f'  s{n}: {{api_key: "${{K{n}}}", egress: north}}\n' for n in range(48))
    assert len(as_yaml(project(load(written(more)))).splitlines()) < 1000


@pytest.mark.parametrize(
    ("old", "new", "extras"),
    [
        ("", "", "postgres"),
        ("timezone", "throttle_url: redis://cache/0\ntimezone", "postgres,redis"),
        ("timezone", "throttle_url: ${BE_ID}\ntimezone", "postgres,redis"),
        ("media_mode: append", "metrics_file: a.prom, notify_urls: ['${BE_ID}']", "postgres,notify,metrics"),
    ],
)
def test_what_is_installed_has_what_the_settings_need(written: Written, old: str, new: str, extras: str) -> None:
    """And nothing is installed where executables are on the path."""
    file = written(text=FLEET.replace(old, new, 1) if old else FLEET)
    assert plugins(file)["target-micropim"]["pip_url"] == f"medipim-micropim[{extras}]"
    file = written(text=FLEET.replace("timezone", "install: false\ntimezone"))
    assert not any("pip_url" in plugin for plugin in plugins(file).values())


def test_only_whole_variables_are_variables_to_meltano() -> None:
    """It takes ``$name`` for one, and a dot within a mapping for a level."""
    settings = {"a": "$x-${KEY}-{id}", "b": {"A.B": 1, "c": "$d"}, "c": [1, "x"], "d": 5, "e": "$5", "f": True}
    assert for_meltano(settings) == {
        "a": "\\$x-${KEY}-{id}",
        "b": '{"A.B": 1, "c": "\\$d"}',
        "c": '[1, "x"]',
        "d": 5,
        "e": "\\$5",
        "f": True,
    }


@pytest.mark.parametrize(
    ("text", "quoted"),
    [("a", "'a'"), ("a'b", "'a''b'"), ("a\\'b", "E'a\\\\''b'"), ("'; drop table x; --", "'''; drop table x; --'")],
)
def test_a_value_of_sql_is_quoted(text: str, quoted: str) -> None:
    """Whatever it holds."""
    assert literal(text) == quoted
    assert identifier(f'{text}"') == f'"{text}"""'


def test_what_comes_from_outside_is_quoted_in_sql(written: Written) -> None:
    """Codes, values of filters and names of tables."""
    evil = "x'); drop schema fleet cascade; --"
    text = FLEET.replace("assortment: [3, 1, 2]", f'assortment: ["{evil}"]').replace("active", f'"{evil}"')
    fleet = load(written(text=text))
    for name in ("gent", "brugge"):
        sql = sql_of(fleet.shops[name])
        assert "x'')" in sql
        assert "x')" not in sql.replace("x''')", "").replace("x'')", "").replace("x'''')", "")


def test_the_sql_of_a_shop_says_what_it_gets(written: Written) -> None:
    """A list, a table, another code, a filter; the newest of three moments is when a row changed for this shop."""
    sold = "{table: erp.sold, column: CNK, match: cnk}"
    more = f'  a: {{api_key: "${{A}}", egress: north, assortment: {sold}, on_removed: archive}}\n'
    fleet = load(written(more))
    gent, brugge, table = (sql_of(shop) for shop in fleet.shops.values())
    assert "'1', '2', '3'" in gent
    assert "greatest({batched}, a.added_at, a.removed_at, s.defined_at)" in gent
    assert "l.removed_at is null" in gent
    assert "delete from fleet.assortments where shop = 'brugge'" in brugge
    assert "(''21'')" in brugge
    assert "(''active'')" in brugge
    assert 'from "erp"."sold"' in table
    assert 'btrim("CNK"::text)' in table
    assert "l.removed_at is null) a" not in table
    assert table.rstrip().splitlines()[-2].endswith(", true);")
