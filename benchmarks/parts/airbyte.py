"""Both sides in Airbyte's protocol beside the same in Singer's, the low-code manifest, and a destination of the CDK."""

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from benchmarks.commands import airbyte_script, kept, our_bin, our_tap, tap_settings
from benchmarks.environments import PLACE
from benchmarks.measurement import ROOT, in_turn, server
from benchmarks.options import Options
from benchmarks.parts.target import LINES, filled

MESSAGES = PLACE / "airbyte.jsonl"
MANIFEST = ROOT / "airbyte" / "source-medipim" / "manifest.yaml"
LOW_CODE = ROOT / "trials" / "airbyte" / "outside" / "low_code.py"
FROM_FILE = ("sh", "-c", f'exec "$@" < {MESSAGES.name}', "sh")


def measured(options: Options) -> dict[str, Any]:
    """Reading all products, and writing none of them: each is known as it is."""
    with server(options.catalogue()) as port:
        tap, source = our_tap(port), _source(port)
        for command, file in ((tap, LINES), (source, MESSAGES)):
            with file.open("wb") as out:
                subprocess.run(command, cwd=PLACE, check=True, stdout=out, stderr=subprocess.DEVNULL)
        reading = in_turn(
            {
                "source-medipim": source,
                "tap-medipim": tap,
                "Airbyte low-code, manifest.yaml": [*airbyte_script(LOW_CODE), str(MANIFEST), *source[1:]],
            },
            PLACE,
            options.rounds,
        )
        target = filled(port, options.products, LINES)
        destination = [str(our_bin() / "destination-micropim"), "write", "--config", target[-1], *source[-2:]]
        validating = [*airbyte_script("airbyte_destination"), "write", "--config", target[-1], *source[-2:]]
        writing = in_turn(
            {
                "destination-micropim": [*FROM_FILE, *destination],
                "target-micropim": [*target, "--input", str(LINES)],
                "airbyte-cdk, validates only": [*FROM_FILE, *validating],
            },
            PLACE,
            options.rounds,
        )
    sides = {"reading": reading, "writing": writing}
    shown = {side: {name: one.figures() for name, one in ran.items()} for side, ran in sides.items()}
    return {"products": options.products, **shown}


def _source(port: int) -> Sequence[str]:
    """Products only, whole, as the platform starts it."""
    program = str(our_bin() / "source-medipim")
    config = ["--config", kept("source.json", tap_settings(port, "stream"))]
    told = subprocess.run([program, "discover", *config], cwd=PLACE, check=True, capture_output=True)
    (catalog,) = (line["catalog"] for line in map(json.loads, told.stdout.splitlines()) if line["type"] == "CATALOG")
    (products,) = (stream for stream in catalog["streams"] if stream["name"] == "products")
    configured = {"stream": products, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
    return [program, "read", *config, "--catalog", kept("configured.json", {"streams": [configured]})]
