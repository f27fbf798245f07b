"""Marked keys appear in no message of ``source-medipim``, whatever the service or the machine does (law 15)."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

from sandbox import Fault, Sandbox

SECRET = "canary/SOURCE+secret=55"
PASSWORD = "canary-in-an-address"
FAULTS = {
    "none": None,
    "401": Fault("status", status=401, times=None),
    "403": Fault("status", status=403, times=None),
    "400 that echoes": Fault("status", status=400, times=None, body="you sent KEY"),
    "500 that echoes": Fault("status", status=500, times=None, body="you sent KEY"),
    "200 that echoes": Fault("html", times=None, body="<p>KEY</p>"),
    "redirect": Fault("redirect", times=None, url="http://127.0.0.1:9/KEY"),
    "truncated": Fault("truncate_json", times=1),
}


def forms(user: str) -> set[str]:
    """The secret as it might be written: plain, quoted, and in base64 alone or as Basic credentials."""
    plain = {SECRET, quote(SECRET, safe=""), quote_plus(SECRET), repr(SECRET)[1:-1], json.dumps(SECRET)[1:-1]}
    encoded = {base64.b64encode(text.encode()).decode().rstrip("=") for text in (SECRET, f"{user}:{SECRET}")}
    return plain | encoded


def echoed(fault: Fault, user: str) -> Fault:
    """The fault, quoting what it was sent as a careless server might, in each form."""
    said = " ".join(sorted(forms(user)))
    body = fault.body.replace("KEY", said) if isinstance(fault.body, str) else fault.body
    return replace(fault, body=body, url=fault.url.replace("KEY", quote(SECRET, safe="")))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("command", ["check", "read"])
def test_no_message_holds_a_key(
    sandbox: Callable[..., Sandbox],
    source: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    fault: str,
) -> None:
    """Not even with everything in the log."""
    box = sandbox(products=5, api_key_secret=SECRET)
    if (planned := FAULTS[fault]) is not None:
        box.medipim.faults.add(echoed(planned, box.medipim.options.api_key_id))
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    answer = source(command, box, *(["products", "brands"] if command == "read" else []), max_wait_seconds=1)
    text = json.dumps(answer.messages) + json.dumps(answer.messages, ensure_ascii=False)
    assert not [form for form in forms(box.medipim.options.api_key_id) if form in text]


@pytest.mark.parametrize(
    "settings",
    [
        {"market": SECRET},
        {"filter": f'{{"x": "{SECRET}"'},
        {"start_date": SECRET},
        {"api_url": f"https://user:{SECRET}@example.com"},
        {"throttle_url": f"ftp://user:{PASSWORD}@example.com/x"},
        {"throttle_url": PASSWORD, "api_key_id": None},
        {"api_key_secret": [SECRET]},
        {"user_agent": f"{SECRET}\n"},
        {SECRET: 1},
    ],
)
def test_a_key_in_the_wrong_field_is_not_told(
    sandbox: Callable[..., Sandbox], source: Callable[..., Any], settings: dict[str, Any]
) -> None:
    """A person pastes it anywhere."""
    box = sandbox(products=1, api_key_secret=SECRET)
    for command in ("check", "discover", "read"):
        answer = source(command, box, **settings)
        assert SECRET not in json.dumps(answer.messages)
        assert PASSWORD not in json.dumps(answer.messages)
