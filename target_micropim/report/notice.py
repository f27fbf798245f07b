"""A notice at the end of a run, to wherever people are: mail, Slack, Teams, a webhook (the apprise library, an extra).

Law: a notice that fails never fails the run, and says so in one line without its address, which is a secret. It says
what happened, what needs a person, and where the report is; nothing of what a product holds.
"""

import logging
import threading
import warnings
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pim_wire.docs_site import docs_page
from target_micropim.report.shown import visible
from target_micropim.report.terminal import for_a_person
from target_micropim.report.words import duration

EXTRA = "notify_urls: notices need a library that is an extra: install medipim-micropim[notify]"
LONGEST_SECONDS = 30.0  # of all notices together
IN_A_HURRY_SECONDS = 5.0  # where the process was told to stop
MOST_LETTERS = 300
_ORDER = ("created", "updated", "archived", "unchanged", "skipped", "rejected")

logger = logging.getLogger("target-micropim")


def is_due(notify_on: str, content: Mapping[str, Any]) -> bool:
    """Whether people want to hear of a run that ended like this."""
    if notify_on == "always" or not content.get("complete"):
        return True
    return notify_on == "attention" and any(for_a_person(content))


def text_of_notice(content: Mapping[str, Any], report: Path | None) -> str:
    """Three lines: what happened, what needs a person, where the report is. ``report`` is None where there is none."""
    lasted = duration(content.get("duration_seconds") or 0)
    products = content.get("streams", {}).get("products", {})
    ends = ", ".join(f"{products[action]} {action}" for action in _ORDER if products.get(action))
    done = f"Done in {lasted}: products {ends}" if ends else f"Done in {lasted}: no product came in"
    happened = done if content.get("complete") else f"STOPPED after {lasted}: {_line(content.get('stopped_by'))}"
    person = ", ".join(for_a_person(content)) or "nothing"
    return f"{happened}\nNeeds a person: {person}\nReport: {report if report is not None else 'none was made'}"


def _line(value: Any) -> str:
    """Text from outside on one line."""
    return visible(" ".join(str(value).split()))[:MOST_LETTERS]


def send(urls: Sequence[str], text: str, *, failed: bool, seconds: float = LONGEST_SECONDS) -> None:
    """Send it to each of these; what fails is one line in the log."""
    results: list[bool] = []
    thread = threading.Thread(target=lambda: _send(urls, text, failed, results.append), name="notices", daemon=True)
    thread.start()
    thread.join(seconds)
    lost = len(urls) - sum(results)
    if lost and _is_installed():
        logger.warning(
            "%d of %d notices could not be sent (notify_urls): see %s", lost, len(urls), docs_page("how-to/alerts")
        )


def _send(urls: Sequence[str], text: str, failed: bool, took: Callable[[bool], None]) -> None:  # noqa: FBT001 - of a thread
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library and of its own libraries: nothing that a person can mend
        try:
            import apprise  # noqa: PLC0415 - an extra
        except ImportError:
            logger.warning(EXTRA)
            return
        _send_by(apprise, urls, text, failed, took)


def _send_by(apprise: Any, urls: Sequence[str], text: str, failed: bool, took: Callable[[bool], None]) -> None:  # noqa: FBT001
    logging.getLogger("apprise").disabled = True  # it would name addresses
    kind = apprise.NotifyType.FAILURE if failed else apprise.NotifyType.INFO
    for url in urls:
        notice = apprise.Apprise(asset=apprise.AppriseAsset(app_id="target-micropim", async_mode=False))
        try:
            took(bool(notice.add(url) and notice.notify(body=text, title="target-micropim", notify_type=kind)))
        except Exception as error:  # noqa: BLE001 - whatever the library or its address does, the run has ended
            logger.debug("A notice failed (%s)", type(error).__name__)


def _is_installed() -> bool:
    return find_spec("apprise") is not None


def check_lines(urls: Sequence[str], notify_on: str) -> list[str]:
    """For ``--check``: how many notices there are, and whether they can be sent at all."""
    if not urls:
        return []
    return [f"Notices: {len(urls)} (notify_on: {notify_on})", *([] if _is_installed() else [EXTRA])]
