"""``python -m target_micropim``."""

from target_micropim.target import TargetMicroPim

if __name__ == "__main__":
    TargetMicroPim.cli()
