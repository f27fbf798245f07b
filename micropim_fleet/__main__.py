"""The command line: ``python -m micropim_fleet``, and the entry point of the package."""

from pim_wire.startup import hold_standard_streams, usable_interpreter


def main() -> None:
    """Carry out the arguments of this process."""
    hold_standard_streams()
    with usable_interpreter():
        from micropim_fleet.cli import main as carry_out
    carry_out()


if __name__ == "__main__":
    main()
