"""micropim-fleet check: every mistake by file, line and shop, several at once, and no secret in any of them."""

import runpy
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from micropim_fleet.cli import carry_out
from micropim_fleet.fleet import load
from micropim_fleet.mistakes import WrongFleet
from micropim_fleet.shape import schema
from tests.fleet.conftest import FLEET, VARIABLES, Written

ROOT = Path(__file__).resolve().parents[2]


def told(file: Path) -> list[str]:
    """All mistakes, without the file's folder."""
    with pytest.raises(WrongFleet) as raised:
        load(file, VARIABLES)
    return [mistake.told(Path(file.name)) for mistake in raised.value.mistakes]


def test_the_schema_has_the_settings_of_both_plugins() -> None:
    """``make generate`` would change nothing."""
    script = runpy.run_path(str(ROOT / "scripts" / "docs" / "fleet_schema.py"))
    text = script["SCHEMA"].read_text(encoding="utf-8")
    assert script["renewed"](text) == text


def test_the_schema_is_one() -> None:
    """As any editor reads it."""
    Draft202012Validator.check_schema(schema())


def test_a_good_fleet_has_no_mistakes(written: Written) -> None:
    """Defaults are filled in, settings merged name by name."""
    fleet = load(written(), VARIABLES)
    gent, brugge = fleet.shops.values()
    assert (gent.locale, gent.market.schema, gent.egress.rates) == ("nl", "be", {"writes_per_minute": 60})
    assert gent.assortment.codes == ("1", "2", "3")
    assert brugge.filter == {"brands": [21], "status": ["active"]}
    assert gent.settings == {"media_mode": "append", "field_policies": {"name": "never"}}


@pytest.mark.parametrize(
    ("more", "mistake"),
    [
        (
            '  new: {api_key: "${KORTRIJK_KEY}", egress: nort}',
            "shop new: egress nort is none of egresses; was north meant?",
        ),
        ('  new: {api_key: "${KORTRIJK_KEY}", market: b}', "shop new: market b is none of markets; was be meant?"),
        ('  new: {api_key: "${KORTRIJK_KEY}", lokale: nl}', "shop new: lokale does not exist; was locale meant?"),
        (
            '  new: {api_key: "${KORTRIJK_KEY}", settings: {curency: EUR}}',
            "shop new: settings.curency does not exist; was currency meant?",
        ),
        (
            '  new: {api_key: "${KORTRIJK_KEY}", settings: {writes_per_minute: 9}}',
            "shop new: settings.writes_per_minute does not exist here: it stands under egresses",
        ),
        (
            '  new: {api_key: "${KORTRIJK_KEY}", settings: {max_images: many}}',
            "shop new: settings.max_images: 'many' is not a whole number",
        ),
        (
            '  new: {api_key: "${KORTRIJK_KEY}", settings: {media_mode: apend}}',
            "shop new: settings.media_mode: 'apend' is none of off, append; was append meant?",
        ),
        ("  new: {}", "shop new: api_key is missing: MicroPIM's key of this shop, as ${NAME}"),
        ('  new: {api_key: "${GENT_KEY}"}', "shop new: api_key: shop gent has ${GENT_KEY} too: one shop, one key"),
        ('  new: {api_key: "${KORTRIJK}"}', "shop new: variable KORTRIJK is not set"),
        ('  Gent: {api_key: "${KORTRIJK_KEY}"}', "shop Gent: has the name of shop gent of line 11"),
        ('  be: {api_key: "${KORTRIJK_KEY}"}', "shop be: has the name of market be of line 7"),
        (
            '  feed-gent: {api_key: "${KORTRIJK_KEY}"}',
            "shop feed-gent: needs the SQL schema feed_gent, as shop gent of",
        ),
        ('  pg_x: {api_key: "${KORTRIJK_KEY}"}', "shop pg_x: the SQL schema pg_x has another purpose"),
        ('  9th: {api_key: "${KORTRIJK_KEY}"}', "shop 9th: '9th' is no name"),
        ('  a.b: {api_key: "${KORTRIJK_KEY}"}', "shop a.b: 'a.b' is no name"),
        (
            '  new: {api_key: "${KORTRIJK_KEY}", schedule: 0 25 * * *}',
            "shop new: schedule: 25 is no hour (from 0 to 23)",
        ),
        ('  new: {api_key: "${KORTRIJK_KEY}", schedule: nightly}', "shop new: schedule: 'nightly' does not look like"),
        (
            '  new: {api_key: "${KORTRIJK_KEY}", filter: {brand: 1}}',
            "shop new: products have no field brand; was brands",
        ),
        (
            '  new: {api_key: "${KORTRIJK_KEY}", assortment: {cvs: a.csv}}',
            "shop new: assortment: cvs does not exist; was csv meant?",
        ),
        (
            '  new: {api_key: "${KORTRIJK_KEY}", assortment: {csv: none.csv}}',
            "shop new: assortment: none.csv cannot be read",
        ),
        ('  new: {api_key: "${KORTRIJK_KEY}", assortment: []}', "shop new: assortment: it is all, a list of codes"),
        ("  new:", "shop new: nothing is not a mapping"),
    ],
)
def test_a_mistake_is_told_with_its_line_and_shop(written: Written, more: str, mistake: str) -> None:
    """The line is that of the shop which was added; what is near is named."""
    assert any(line.startswith(f"fleet.yml:13: {mistake}") for line in told(written(more))), told(written(more))


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ('password: "${DB_PASSWORD}"', "password: hunter22", "fleet.yml:1: store.password: stands as a variable only"),
        ('"${BE_SECRET}"', "abc123def", "fleet.yml:7: market be: api_key_secret: stands as a variable only"),
        ('"${GENT_KEY}"', "$GENT_KEY", "fleet.yml:11: shop gent: api_key: stands as a variable only"),
        ('"${GENT_KEY}"', "12345678", "fleet.yml:11: shop gent: api_key: stands as a variable only"),
        ("locale: nl\n", "egress: north\n", "fleet.yml:11: shop gent: locale is missing"),
        ("timezone: Europe/Brussels", "timezone: Brussels", "fleet.yml:2: timezone: there is no such time zone"),
        ("writes_per_minute: 60", "writes_per_minute: fast", "fleet.yml:9: egress north: writes_per_minute: 'fast' is"),
        ("writes_per_minute: 60", "concurrent_runs: 2", "fleet.yml:9: egress north: concurrent_runs: several runs"),
        (
            "writes_per_minute: 60",
            "proxy: 'http://a:hunter22@h:3128'",
            "fleet.yml:9: egress north: proxy: holds a password; give the whole address as ${NAME}",
        ),
        ("writes_per_minute: 60", "proxy: 'h:3128'", "fleet.yml:9: egress north: proxy: 'h:3128' does not look like"),
        (
            "market: be,",
            "market: be, streams: [product],",
            "fleet.yml:7: market be: stream product does not exist; was",
        ),
        (
            "media_mode: append",
            "ledger_url: 'postgresql://a:hunter22@h/d'",
            "fleet.yml:5: ledger_url: holds a password",
        ),
        (
            "media_mode: append",
            "notify_urls: ['slack://hunter22']",
            "fleet.yml:5: notify_urls: stands as a variable only",
        ),
        ("locale: nl", 'locale: nl\n  api_key: "${GENT_KEY}"', "fleet.yml:5: defaults.api_key: a key belongs to one"),
        ("market: be,", "market: be, schema: Be-1,", "fleet.yml:7: market be: schema: 'Be-1' does not look like"),
        (
            "gent:",
            'x-y: {api_key: "${KORTRIJK_KEY}", egress: north}\n  X_Y:',
            "fleet.yml:12: shop X_Y: has the name of shop x-y",
        ),
        ("shops:", "shop:", "fleet.yml:10: shop does not exist; was shops meant?"),
    ],
)
def test_a_mistake_beside_the_shops_is_told_too(written: Written, old: str, new: str, mistake: str) -> None:
    """A literal key is refused, and not repeated."""
    assert old in FLEET
    lines = told(written(text=FLEET.replace(old, new, 1)))
    assert any(line.startswith(mistake) for line in lines), lines
    assert not any("hunter22" in line or "abc123def" in line or "12345678" in line for line in lines)


def test_several_mistakes_come_at_once(written: Written, capsys: pytest.CaptureFixture[str]) -> None:
    """In the order of the lines; the exit code is 1, and 0 for a good one."""
    file = written('  a: {api_key: "${A}", egres: x}\n  b: {market: c}\n')
    assert carry_out(["check", str(file), "--no-variables"]) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("fleet.yml:")[2].partition(":")[0] for line in lines[:-1]] == ["13", "14", "14"]
    assert "3 mistakes" in lines[-1]
    assert carry_out(["check", "--no-variables", "-f", str(written())]) == 0
    assert capsys.readouterr().out.endswith("no mistakes: 2 shops, 1 market, 1 egress\n")


def test_variables_may_stand_in_dotenv_and_are_named_without_their_values(
    written: Written, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is empty counts as not set."""
    file = written()
    (file.parent / ".env").write_text("".join(f"{name}={value}\n" for name, value in VARIABLES.items()))
    assert carry_out(["check", str(file)]) == 0
    monkeypatch.setenv("BE_SECRET", "")
    assert carry_out(["check", str(file)]) == 1
    said = capsys.readouterr().err
    assert "fleet.yml:7: market be: variable BE_SECRET is not set\n" in said
    assert "secret-" not in said


@pytest.mark.parametrize(
    ("text", "column", "codes"),
    [
        ("id\n2\n1\n", None, ("1", "2")),
        ("2\n1\n", None, ("1", "2")),
        ("\ufeffCNK;Naam\n0012;a\n3;b;c\n\n", "cnk", ("0012", "3")),
        ('naam,cnk\r\n"a,b",7\r\n', "CNK", ("7",)),
    ],
)
def test_a_list_is_read_as_spreadsheets_save_it(
    written: Written, text: str, column: str | None, codes: tuple[str, ...]
) -> None:
    """With and without headings, commas or semicolons, leading zeros kept, each code once."""
    named = f", column: {column}" if column else ""
    file = written(f'  new: {{api_key: "${{KORTRIJK_KEY}}", assortment: {{csv: a.csv{named}}}}}\n')
    (file.parent / "a.csv").write_text(text, encoding="utf-8", newline="")
    assert load(file).shops["new"].assortment.listed() == codes


@pytest.mark.parametrize("text", ["", "id\n", "naam\n1\n", "a;b\n"])
def test_an_empty_list_takes_nothing_away(written: Written, text: str) -> None:
    """An export that failed would take every product out of the assortment."""
    file = written('  new: {api_key: "${KORTRIJK_KEY}", assortment: {csv: a.csv, column: id}}\n')
    (file.parent / "a.csv").write_text(text, encoding="utf-8")
    assert any(line.startswith("fleet.yml:13: shop new: assortment: a.csv has no") for line in told(file))
