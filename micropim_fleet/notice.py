"""A notice of the morning, to wherever people are (the apprise library, an extra).

Law: a notice that fails fails nothing, and says so in one line without its address, which is a secret.
"""

import logging
import warnings
from collections.abc import Iterable
from typing import Any

from micropim_fleet.morning import Morning

EXTRA = "notify_urls: notices need a library that is an extra: install medipim-micropim[notify]"


def is_due(notify_on: str, found: Morning) -> bool:
    """Whether people want to hear of such a morning."""
    return notify_on == "always" or bool(found.bad) or (notify_on == "attention" and bool(found.totals["tasks"]))


def send(urls: Iterable[str], text: str, *, failed: bool) -> str | None:
    """Send it to each address; a line where some of them failed."""
    addresses = list(urls)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library: nothing that a person can mend
        try:
            import apprise  # noqa: PLC0415 - an extra
        except ImportError:
            return EXTRA
        logging.getLogger("apprise").disabled = True  # it would name addresses
        sent = sum(_sent(apprise, url, text, failed) for url in addresses)
    return f"{len(addresses) - sent} of {len(addresses)} notices could not be sent" if sent < len(addresses) else None


def _sent(apprise: Any, url: str, text: str, failed: bool) -> bool:  # noqa: FBT001
    kind = apprise.NotifyType.FAILURE if failed else apprise.NotifyType.INFO
    notice = apprise.Apprise(asset=apprise.AppriseAsset(app_id="micropim-fleet", async_mode=False))
    try:
        return bool(notice.add(url) and notice.notify(body=text, title="Fleet", notify_type=kind))
    except Exception:  # noqa: BLE001 - whatever the library or its address does, the report stands
        return False
