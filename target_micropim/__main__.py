"""The command line: ``python -m target_micropim``, and the entry point of the package."""

from pim_wire.startup import spared


def main() -> None:
    """Carry out the arguments of this process."""
    with spared():
        from target_micropim.target import TargetMicroPim
    TargetMicroPim.cli()


if __name__ == "__main__":
    main()
