"""``python -m tap_medipim``."""

from tap_medipim.tap import TapMedipim

if __name__ == "__main__":
    TapMedipim.cli()
