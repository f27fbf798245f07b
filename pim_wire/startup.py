"""What singer-sdk imports for features that neither plugin has, put off until somebody calls it.

singer-sdk 0.54.9 imports joblib (sinks that drain in parallel), universal-pathlib with fsspec (BATCH files),
jsonpath-ng (REST streams) and packaging (``--about``) for every command: a third of its start. While its modules are
read, functions that import the real thing at their first call take the place of these; afterwards ``sys.modules`` knows
nothing of it, and whoever else wants one of the libraries gets it. A name not listed below comes from the real one.
"""

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any

CONTAINERS_BETWEEN_LOOKS = 50_000
PUT_OFF = {
    "joblib": ("Parallel", "delayed", "parallel_config"),
    "packaging.specifiers": ("SpecifierSet",),
    "packaging.version": ("Version",),
    "singer_sdk.helpers.jsonpath": ("extract_jsonpath",),
    "upath": ("UPath",),
}


@contextmanager
def spared() -> Iterator[None]:
    """Import the plugin within: only for a command line, whose process is ours alone.

    What is imported stays: the garbage collector neither looks at it meanwhile nor ever again. Then it looks after
    every 50,000 containers instead of 700: records are trees, which need no collector; a page of them is 40,000.
    """
    stand_ins = {name: _stand_in(name) for name in PUT_OFF if name not in sys.modules}
    sys.modules.update(stand_ins)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(CONTAINERS_BETWEEN_LOOKS)
        gc.enable()
        for name, stand_in in stand_ins.items():
            if sys.modules.get(name) is stand_in:
                del sys.modules[name]


def _stand_in(name: str) -> ModuleType:
    def other(attribute: str) -> Any:
        if attribute.startswith("__"):  # the import machinery asks whether this is a package
            raise AttributeError(attribute)
        return getattr(_real(name), attribute)

    module = ModuleType(name)
    vars(module).update({function: _at_first_call(name, function) for function in PUT_OFF[name]}, __getattr__=other)
    return module


def _at_first_call(module: str, name: str) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(_real(module), name)(*args, **kwargs)

    return call


def _real(name: str) -> ModuleType:
    """The library itself, also while a stand-in holds its place."""
    if getattr(sys.modules.get(name), "__spec__", None) is None:
        sys.modules.pop(name, None)
    return import_module(name)
