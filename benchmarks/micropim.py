"""The sandbox's MicroPIM without limits, in a process of its own: unlike the lean server it keeps what it is sent."""

import sys

from sandbox import MicroPimOptions, Sandbox

if __name__ == "__main__":
    with Sandbox(None, MicroPimOptions(reads_per_minute=None, writes_per_minute=None)) as box:
        print(f"{box.micropim_url} {box.micropim.options.api_key}", flush=True)
        sys.stdin.read()
