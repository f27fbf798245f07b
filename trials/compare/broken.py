"""Nights that do not go well: kills, stop signals, wrong keys, limits, bad input, services that fail for a while."""

from collections.abc import Callable, Iterator
from functools import partial
from signal import SIGKILL, SIGTERM

from sandbox import Fault, MicroPimOptions
from trials.compare.nights import Night
from trials.compare.source import Source, lines, too_deep
from trials.compare.stage import Json, Stage, Strike

EACH: Json = {"state_interval_seconds": 0}  # every safe state leaves at once, so that a killed run has written some
INTERRUPTED = 130
NOBODY = "http://127.0.0.1:9"


def broken_nights() -> Iterator[Night]:
    """All of them."""
    for name, strike in {
        "before request 30": Strike("target", SIGKILL, 30),
        "before request 45": Strike("target", SIGKILL, 45),
        "after write 12": Strike("target", SIGKILL, 12, "on_committed"),
        "after write 40": Strike("target", SIGKILL, 40, "on_committed"),
    }.items():
        yield Night(f"target killed {name}", partial(_target_struck, strike), target=EACH)
    yield Night("target told to stop", partial(_target_struck, Strike("target", SIGTERM, 45)), target=EACH)
    yield Night("tap killed", partial(_tap_struck, Strike("tap", SIGKILL, 9)))
    yield Night("tap told to stop", partial(_tap_struck, Strike("tap", SIGTERM, 9)))
    yield Night("pair, target killed", _pair_killed)
    for side in ("tap", "target"):
        yield Night(f"{side} refused at once", partial(_refused, side))
    yield Night("no organization", _stopped, micropim=MicroPimOptions(has_organization=False))
    for name, settings in LIMITS.items():
        yield Night(f"limit {name}", _limited, target=settings)
    yield Night("unreadable input", _unreadable)
    yield Night("tap, service fails for a while", _tap_in_trouble)
    yield Night("target, service fails for a while", _target_in_trouble)


LIMITS: dict[str, Json] = {
    "max_rejects 0": {"max_rejects": "0"},
    "max_rejects 3%": {"max_rejects": "3%"},
    "max_archive 0": {"max_archive": "0"},
    "max_create 3": {"max_create": 3},
    "unknown stream fails": {"on_unknown_stream": "fail"},
    "channel fails": {"publishing_channels": ["web", "fax"], "on_missing_channel": "fail"},
    "archived fails": {"on_archived": "error"},
}


def _target_struck(strike: Strike, stage: Stage) -> None:
    source = Source()
    # One STATE for all categories: they settle together, and how many of their states leave hangs on a ticker.
    given = [*lines(1000, categories=source.categories), *lines(1, products=source.tonight)]
    stage.strike = strike
    struck = stage.target("1 struck", given)
    code = INTERRUPTED if strike.number is SIGTERM else -strike.number
    stage.expect(struck.code == code, f"the target ended with {struck.code}")
    written = len(stage.wrote("1 struck"))
    stage.expect(written, "it was struck before it had written anything")
    stage.target("2 the next run", given)
    stage.expect(stage.wrote("2 the next run"), "nothing was left to do")
    stage.target("3 once more", given)
    stage.expect(not stage.wrote("3 once more"), "the next run had not done everything")
    stage.target("4 the next night", lines(products=source.tomorrow()))


def _tap_struck(strike: Strike, stage: Stage) -> None:
    stage.strike = strike
    struck = stage.tap("1 struck")
    code = INTERRUPTED if strike.number is SIGTERM else -strike.number
    stage.expect(struck.code == code, f"the tap ended with {struck.code}")
    states = [message["value"] for message in struck.messages if message["type"] == "STATE"]
    stage.expect(states, "it was struck before it had written a state")
    stage.state = states[-1]
    stage.expect(stage.tap("2 the next run").code == 0, "the next run failed")


def _pair_killed(stage: Stage) -> None:
    """How far the tap is when its reader dies hangs on the pipe: of this step only the target's part is compared."""
    stage.strike = Strike("target", SIGKILL, 90)
    struck = stage.pair("1 struck", **EACH)
    stage.expect(struck.code == -SIGKILL, f"the target ended with {struck.code}")
    for name in ("tap.exit", "tap.stderr", "medipim.requests"):
        del stage.texts[f"1 struck/{name}"]
    stage.expect(stage.pair("2 the next run").code == 0 and stage.wrote("2 the next run"), "it did not go on")
    stage.state = None
    stage.pair("3 everything again")
    stage.expect(not stage.wrote("3 everything again"), "something was missing")


def _refused(side: str, stage: Stage) -> None:
    """Each must fail, with a last line that says why."""
    run: dict[str, Callable[..., object]] = {"tap": stage.tap, "target": partial(stage.target, given=_some())}
    key = {"tap": "api_key_secret", "target": "api_key"}[side]
    steps: dict[str, Json] = {
        "1 wrong key": {key: "wrong"},
        "2 no key": {key: ""},
        "3 nobody there": {"api_url": NOBODY, "max_wait_seconds": 0},
        "4 wrong value": {"max_wait_seconds": "long", "max_nesting": -1},
        "5 wrong choice": {"market": "xx", "profile": "xx"},
        "6 unknown setting": {"filters": {}, "fieldmap": {}},
    }
    for step, settings in steps.items():
        run[side](step=step, **settings)
    stage.command("7 no config", side)
    stage.command("8 no such file", side, "--config", "nowhere.json")
    stage.command("9 no such flag", side, "--nonsense")
    codes = [text for name, text in stage.texts.items() if name.endswith(".exit")]
    stage.expect(sum(code != "0\n" for code in codes) >= len(codes) - 1, f"too many went well: {codes}")


def _some() -> list[bytes]:
    source = Source()
    return lines(categories=source.categories, products=source.tonight)


def _stopped(stage: Stage) -> None:
    stage.expect(stage.target("1 a run", _some()).code == 1, "the run went well")
    stage.target("2 check", None, "--check")


def _limited(stage: Stage) -> None:
    """Limits let a calm night pass or not, and end the next one."""
    source = Source()
    stage.box.micropim.add(source.products[5]["id"], name="Archived by hand", status="archived")
    if stage.target("1 calm", _some()).code == 0:
        given = lines(
            categories=source.tree_of_tomorrow(), products=[*source.tomorrow(), "no object"], orders=[{"id": 1}]
        )
        stage.target("2 beyond the limit", given)
    stopped = [name for name, text in stage.texts.items() if name.endswith(".exit") and text == "1\n"]
    stage.expect(stopped or stage.target_settings.keys() & {"on_archived", "max_archive"}, "no limit was met")


def _unreadable(stage: Stage) -> None:
    given = lines(products=Source().tonight)
    torn = [*given[:9], given[9][:50]]
    bad = stage.target(
        "1 rejects", [*given, too_deep("products"), *lines(products=["text", {"name": {"nl": "no id"}}])]
    )
    stage.expect(bad.report["totals"]["rejected"] == 3, "not three rejects")
    for step, end in {"2 torn": torn, "3 no JSON": [*given[:9], b"oops\n"], "4 no SCHEMA": given[1:]}.items():
        stage.expect(stage.target(step, end).code == 1, f"{step} was taken")
    stage.target("5 nothing", [])
    stage.target("6 long lines", given, max_line_bytes=4096)
    file = stage.folder / "foreign.jsonl"
    file.write_text('{"not": "ours"}\n', encoding="utf-8")
    stage.expect(stage.target("7 replay of a foreign file", None, "--replay", file.name).code == 1, "it was taken")
    stage.target("8 two errands", None, "--check", "--ledger=show")


def _tap_in_trouble(stage: Stage) -> None:
    faults = stage.box.medipim.faults
    faults.add(Fault("status", "POST /v4/brands", status=503, headers={"Retry-After": "1"}))
    faults.add(Fault("cut_mid_line", "POST /v4/products/stream", after_lines=10))
    faults.add(Fault("broken_line", "POST /v4/media/stream", after_lines=5))
    faults.add(Fault("status", "POST /v4/organizations", status=404, times=None))
    faults.add(Fault("status", "POST /v4/product-families", status=400, times=None))
    stage.expect(stage.tap("1 in trouble").code == 1, "the tap did not notice")


def _target_in_trouble(stage: Stage) -> None:
    faults = stage.box.micropim.faults
    faults.add(Fault("status", "POST /api/categories", status=429, headers={"Retry-After": "1"}))
    faults.add(Fault("commit_then_status", "POST /api/products$", nth=3, status=500))
    faults.add(Fault("status", "POST /api/products$", nth=6, status=400, body='{"status":0,"error":"no"}'))
    faults.add(Fault("drop_after", "POST /api/products/", nth=2))
    stage.target("1 in trouble", _some())
    stage.expect(stage.texts["1 in trouble/rejects.jsonl"], "nothing was refused")
    faults.clear()
    stage.target("2 the next night", _some())
