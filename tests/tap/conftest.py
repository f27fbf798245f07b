"""The tap beside its sandbox: a plain answer needs no socket (docs/decisions/0058)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from sandbox import Sandbox
from tests.support.nearby import nearby


@pytest.fixture(scope="session")
def open_sandbox(
    open_sandbox: Callable[..., AbstractContextManager[Sandbox]],
) -> Callable[..., AbstractContextManager[Sandbox]]:
    """A Medipim sandbox as a context manager, as elsewhere; plain calls of this process need no socket."""

    @contextmanager
    def open_(**options: Any) -> Iterator[Sandbox]:
        with open_sandbox(**options) as box, nearby(box):
            yield box

    return open_
