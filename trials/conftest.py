"""The shops, sandboxes and the terminal of the tests, for the trials that need them."""

from tests.conftest import on_a_terminal, open_sandbox, sandbox
from tests.target.conftest import make_world, singer, world

__all__ = ["make_world", "on_a_terminal", "open_sandbox", "sandbox", "singer", "world"]
