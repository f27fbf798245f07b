"""Playing the nights with the executables of one checkout."""

import re
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path

from trials.compare.broken import broken_nights
from trials.compare.nights import Night, pair_nights
from trials.compare.rules import bare
from trials.compare.settings_nights import PLAIN, settings_nights
from trials.compare.stage import NotSo, Stage, opened
from trials.compare.tap_nights import tap_nights

LANES = 2  # as many as small machines have cores
Texts = Mapping[str, str]
QUICK = 1_000_000  # a minute: nobody waits for a turn


def all_nights(part: str = "") -> list[Night]:
    """Those whose names match, and what they are measured by."""
    found = enumerate(chain(settings_nights(), pair_nights(), broken_nights(), tap_nights()))
    nights = [replace(night, lane=number % LANES) for number, night in found]
    return [night for night in nights if re.search(part, night.name)]


def recorded(checkout: Path, night: Night) -> Texts:
    """The texts of one night. Raises NotSo when it did not do what its name says."""
    with (
        tempfile.TemporaryDirectory(prefix="night-") as folder,
        opened(night.medipim, night.micropim, night.lane) as box,
    ):
        tap = {
            "api_url": box.medipim_url,
            "api_key_id": night.medipim.api_key_id,
            "api_key_secret": night.medipim.api_key_secret,
            "requests_per_minute": QUICK,
        }
        target = {
            "api_url": box.micropim_url, "api_key": night.micropim.api_key, "locale": "nl", "max_in_flight": 1,
            "reads_per_minute": QUICK, "writes_per_minute": QUICK, "state_interval_seconds": 3600,
            "ledger_url": "sqlite:///ledger.db", "report_dir": "reports",
            "decisions_file": "decisions.csv",
        }  # fmt: skip
        stage = Stage(checkout / ".venv" / "bin", Path(folder), box, tap | night.tap, target | night.target)
        try:
            night.play(stage)
        except (LookupError, OSError, ValueError) as odd:  # such as a report that was not written
            raise NotSo(f"{type(odd).__name__}: {odd}") from odd
    return stage.texts if night.in_order else {name: unordered(name, text) for name, text in stage.texts.items()}


def unordered(name: str, text: str) -> str:
    """Lines without times, sorted: with several hands at work, which product comes first hangs on who is faster."""
    text = bare(name, text)
    if name.endswith(".exit"):
        return text
    if name.endswith("report.html"):
        text = text.replace("<tr>", "\n<tr>")
    return "".join(sorted(text.splitlines(keepends=True)))


def stands_out(texts: Texts, plain: Texts) -> bool:
    """Whether a setting made any difference: one that makes none is not tried by its night."""

    def sent(name: str, of: Texts) -> str:
        return re.sub(r"127\.0\.0\.1:\d+", "ADDRESS", bare(name, of.get(name, "")))  # each lane has its own

    names = [name for name in texts if name.endswith((".requests", "report.json"))]
    return any(sent(name, texts) != sent(name, plain) for name in names)


def record_all(checkout: Path, nights: list[Night]) -> Iterator[tuple[Night, Texts | NotSo]]:
    """Every night with its texts, or with what it did not do; the lanes go on side by side."""
    plain: Texts = {}
    with ExitStack() as stack:
        lanes = [stack.enter_context(ThreadPoolExecutor(1)) for _ in range(LANES)]
        playing = [(night, lanes[night.lane].submit(recorded, checkout, night)) for night in nights]
        stack.callback(lambda: [future.cancel() for _night, future in playing])
        for night, future in playing:
            try:
                texts = future.result()
            except NotSo as why:
                yield night, why
                continue
            if night.name == PLAIN:
                plain = texts
            elif plain and night.name.startswith("setting:") and not stands_out(texts, plain):
                yield night, NotSo(f"nothing is different from {PLAIN!r}")
                continue
            yield night, texts
