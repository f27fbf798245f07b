"""The road of the tap: one row, from the socket to its line."""

import io
import sys
from contextlib import redirect_stdout
from pathlib import Path
from types import FrameType
from typing import Any

from trials.road.process import Lines, own_signals
from trials.road.tracer import Trace, Tracer

PRODUCTS = 1400
SETTLED_ROWS = 1050  # the first thousand are compared with the schema in depth
ROW_GENERATOR = "_sync_records"  # the SDK's name for what gives one row after the other


def traces(checkout: Path) -> list[Trace]:
    """The rows in the middle of a stream of products for which the socket was read."""
    from sandbox import MedipimOptions, Sandbox
    from tap_medipim.tap import TapMedipim

    options = MedipimOptions(products=PRODUCTS, requests_per_minute=None)
    rows = Rows(checkout)
    with Sandbox(options, None) as box, own_signals():
        config = {
            "api_url": box.medipim_url,
            "api_key_id": options.api_key_id,
            "api_key_secret": options.api_key_secret,
            "market": options.market,
        }
        raw = Lines(rows.install_once_settled)
        with redirect_stdout(io.TextIOWrapper(io.BufferedWriter(raw))) as out:
            tap = TapMedipim(config=config, catalog=_only_products(TapMedipim(config=config).catalog_dict))
            try:
                tap.sync_all()
            finally:
                sys.setprofile(None)
            out.flush()
            (tap.run if hasattr(tap, "run") else tap).finish()  # releases up to 0.1.0 have no run
        out.detach()
    return rows.traces


class Rows:
    """Cuts the calls of the tap into rows; keeps those in which the socket was read."""

    def __init__(self, checkout: Path) -> None:
        self.traces: list[Trace] = []
        self._tap = checkout / "tap_medipim"
        self._tracer = Tracer(self._tap, checkout / "pim_wire")
        self._is_socket_read = False
        self._is_begun = False

    def install_once_settled(self, lines: int) -> None:
        """Begin to look when enough lines were written; called by the thread of the tap."""
        if lines >= SETTLED_ROWS and sys.getprofile() is None:
            sys.setprofile(self._profile)

    def _profile(self, frame: FrameType, event: str, argument: Any) -> None:
        self._tracer.profile(frame, event, argument)
        if event == "c_return":
            self._is_socket_read |= getattr(argument, "__name__", "") == "recv_into"
        elif event == "return" and frame.f_code.co_name == ROW_GENERATOR and self._is_ours(frame):
            self._next_row()

    def _is_ours(self, frame: FrameType) -> bool:
        return self._tap in Path(frame.f_code.co_filename).parents

    def _next_row(self) -> None:
        if self._is_begun and self._is_socket_read:
            self.traces.append(self._tracer.stop())
        self._is_begun, self._is_socket_read = True, False
        self._tracer.start()


def _only_products(catalog: dict[str, Any]) -> dict[str, Any]:
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] == "products"
    return catalog
