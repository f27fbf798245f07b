"""``destination-micropim spec`` and ``check``, and what no command may tell."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from sandbox.faults import Fault
from tests.support.destination import Ended, Json, products, state
from tests.target.conftest import World

Run = Callable[..., Ended]


def test_the_check_asks_one_question_and_names_the_organization(command: Run, world: World) -> None:
    """Nothing is made."""
    ended = command("check")
    assert ended.of("CONNECTION_STATUS") == [{"status": "SUCCEEDED"}]
    assert "Organization: " in json.dumps(ended.of("LOG"))
    assert [f"{each.method} {each.path}" for each in world.pim.requests] == ["GET /api/channels"]
    assert list(world.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"api_key": "wrong-key"}, "key"),
        ({"api_key": None}, "API key (api_key) is missing"),
        ({"currency": "euro"}, "Currency (currency)"),
        ({"match_on": '["sku", '}, "Match on (match_on): is not JSON"),
        ({"field_policies": '{"colour": "never"}'}, "Field policies (field_policies)"),
        ({"locale": None}, "locale"),
        ({"organization": "0123456789ab"}, "organization"),
        ({"ledger_url": "sqlite:////dev/null/ledger.db"}, "ledger_url"),
        ({"dryrun": True}, "dry_run meant"),
    ],
)
def test_a_failing_check_says_what_to_change(command: Run, settings: Json, words: str) -> None:
    """In the words of the form; that is an answer, so the exit code is 0."""
    ended = command("check", **settings)
    assert ended.code == 0
    (status,) = ended.of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    assert words in status["message"]
    assert "TARGET_MICROPIM" not in status["message"]


def test_a_new_file_in_a_container_is_warned_of(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the check and before a run; not where the ledger of the night before is there."""
    monkeypatch.setenv("AIRBYTE_VERSION", "1.8")
    assert "give a PostgreSQL address" in command("check").warnings
    assert "give a PostgreSQL address" in command("write", products(1)).warnings
    assert "give a PostgreSQL address" not in command("write", products(2)).warnings


def test_the_form_has_each_setting_once_and_the_spec_what_is_offered(command: Run) -> None:
    """One type a field, secrets marked."""
    (spec,) = command("spec").of("SPEC")
    assert spec["supported_destination_sync_modes"] == ["append_dedup", "append"]
    assert spec["supportsIncremental"] is True
    fields = spec["connectionSpecification"]["properties"]
    assert all(isinstance(each["type"], str) for each in fields.values())
    assert {name for name, each in fields.items() if each.get("airbyte_secret")} == {
        "api_key", "ledger_url", "throttle_url", "notify_urls",
    }  # fmt: skip


CANARY = "canary/DESTINATION+secret=55"


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("status", status=401, times=None),
        Fault("status", status=400, times=None, body=f"you sent {CANARY}"),
        Fault("html", times=None, body=f"<p>{CANARY}</p>"),
        Fault("redirect", times=None, url=f"http://127.0.0.1:9/{quote(CANARY, safe='')}"),
    ],
    ids=["none", "401", "400 that echoes", "page that echoes", "redirect"],
)
@pytest.mark.parametrize("name", ["check", "write"])
def test_no_message_holds_a_key(
    command: Run, world: World, monkeypatch: pytest.MonkeyPatch, name: str, fault: Fault | None
) -> None:
    """Not even with everything in the log; the command itself looks for the key in each message."""
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    world.pim.switch(api_key=CANARY)
    if fault is not None:
        world.pim.faults.add(fault)
    ended = command(name, [*products(1), state("products", 1)], api_key=CANARY, max_wait_seconds=1)
    told = json.dumps(ended.messages) + json.dumps(ended.messages, ensure_ascii=False)
    encoded = base64.b64encode(CANARY.encode()).decode().rstrip("=")
    assert not [form for form in (CANARY, quote(CANARY, safe=""), quote_plus(CANARY), encoded) if form in told]


@pytest.mark.parametrize(
    "settings",
    [
        {"ledger_url": f"postgresql://user:{CANARY}@127.0.0.1:1/ledger"},
        {"throttle_url": f"ftp://user:{CANARY}@example.com/x"},
        {"notify_urls": f'["json://example.com/{CANARY}"]', "max_rejects": "x"},
        {"api_url": f"https://user:{CANARY}@example.com"},
        {"currency": CANARY},
        {"api_key": [CANARY]},
        {"streams": f'{{"x": "{CANARY}"'},
        {CANARY: 1},
    ],
)
def test_a_secret_in_any_field_is_not_told(command: Run, settings: Json) -> None:
    """A person pastes it anywhere."""
    for name in ("check", "write"):
        ended = command(name, products(1), **{"api_key": CANARY, **settings})
        assert CANARY not in json.dumps(ended.messages)
