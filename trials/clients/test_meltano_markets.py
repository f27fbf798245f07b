"""Several markets in one Meltano project."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sandbox import Sandbox

BIN = Path(sys.executable).parent
Make = Callable[..., Sandbox]


def test_several_markets_side_by_side_with_inherit_from(sandbox: Make, tmp_path: Path) -> None:
    """Two plugins that inherit from one in a Meltano project, each with its market, each a run of its own."""
    belgium, france = sandbox(products=6, market="be"), sandbox(products=7, market="fr")
    project = {
        "requires_meltano": ">=4.0",
        "project_id": "two-markets",
        "send_anonymous_usage_stats": False,
        "plugins": {
            "extractors": [
                {"name": "tap-medipim", "namespace": "tap_medipim", "executable": str(BIN / "tap-medipim"),
                 "capabilities": ["catalog", "state", "discover"],
                 "settings": [{"name": name} for name in ("api_url", "api_key_id", "api_key_secret", "market")]},
                *({"name": f"tap-medipim-{box.medipim.options.market}", "inherit_from": "tap-medipim",
                   "config": {"api_url": box.medipim_url, "api_key_id": "1", "market": box.medipim.options.market,
                              "api_key_secret": box.medipim.options.api_key_secret},
                   "select": ["products.id", "products.cnk", "products.cip13"]}
                  for box in (belgium, france)),
            ],
        },
    }  # fmt: skip
    (tmp_path / "meltano.yml").write_text(json.dumps(project), encoding="utf-8")

    found = {}
    for market in ("be", "fr"):
        command = [str(BIN / "meltano"), "invoke", f"tap-medipim-{market}"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == 0, done.stderr[-2000:]
        messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        found[market] = [m["record"] for m in messages if m["type"] == "RECORD"]

    assert (len(found["be"]), len(found["fr"])) == (6, 7)
    assert set(found["be"][0]) <= {"id", "updated_at", "cnk"}
    assert any("cip13" in record for record in found["fr"])
