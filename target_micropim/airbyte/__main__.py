"""The command line of ``destination-micropim``, and the entry point of the package."""

import sys

from pim_wire.startup import hold_standard_streams, less_garbage_collection, usable_interpreter


def main() -> None:
    """Carry out the arguments of this process."""
    hold_standard_streams()
    with usable_interpreter(), less_garbage_collection():
        from pim_airbyte.command import main as carry_out
        from target_micropim.airbyte.destination import DestinationMicroPim
    sys.exit(carry_out(DestinationMicroPim()))


if __name__ == "__main__":
    main()
