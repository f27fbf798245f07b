"""What every step of a run may use: the settings, and the edges it acts through. Built once, in run.py."""

from dataclasses import dataclass

from pim_wire.clock import Clock
from target_micropim.api.client import MicroPimClient
from target_micropim.api.picture_urls import PictureUrlCheck
from target_micropim.api.post_once import PostOnce
from target_micropim.ledger import Ledger
from target_micropim.report.journal import Journal
from target_micropim.report.rejects import Rejects
from target_micropim.report.run_report import Report
from target_micropim.settings.values import TargetSettings


@dataclass(frozen=True)
class Services:
    """The edges of one run. A dry run has another ``client`` and a private copy as ``ledger``, and nothing else.

    ``picture_url_check`` is None unless ``check_media_urls`` asks for it.
    """

    settings: TargetSettings
    client: MicroPimClient
    ledger: Ledger
    report: Report
    rejects: Rejects
    journal: Journal
    post_once: PostOnce
    picture_url_check: PictureUrlCheck | None
    clock: Clock
