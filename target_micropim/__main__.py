"""The command line: ``python -m target_micropim``, and the entry point of the package."""

from pim_wire.startup import less_garbage_collection


def main() -> None:
    """Carry out the arguments of this process."""
    with less_garbage_collection():
        from target_micropim.target import TargetMicroPim
    TargetMicroPim.cli()


if __name__ == "__main__":
    main()
