"""The command line: ``python -m tap_medipim``, and the entry point of the package."""

from pim_wire.startup import hold_standard_streams, less_garbage_collection, usable_interpreter


def main() -> None:
    """Carry out the arguments of this process."""
    hold_standard_streams()
    with usable_interpreter(), less_garbage_collection():
        from tap_medipim.tap import TapMedipim
    TapMedipim.cli()


if __name__ == "__main__":
    main()
