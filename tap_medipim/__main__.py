"""The command line: ``python -m tap_medipim``, and the entry point of the package."""

from pim_wire.startup import less_garbage_collection


def main() -> None:
    """Carry out the arguments of this process."""
    with less_garbage_collection():
        from tap_medipim.tap import TapMedipim
    TapMedipim.cli()


if __name__ == "__main__":
    main()
