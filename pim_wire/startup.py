"""The garbage collector during the start of a command line and after it (docs/decisions/0022)."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

CONTAINERS_PER_COLLECTION = 50_000


@contextmanager
def less_garbage_collection() -> Iterator[None]:
    """Import the plugin inside. Only for a command line, whose process is ours alone.

    Imported modules stay until the process ends, so the collector is off while they are created and skips them later.
    After that it runs once per 50,000 new containers instead of 700. Records are trees, which are freed without it, and
    a page of records has 40,000 containers.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(CONTAINERS_PER_COLLECTION)
        gc.enable()
