"""The shop of the target's tests, for the report of a real run, and their terminal."""

from tests.conftest import on_a_terminal
from tests.target.conftest import make_world, singer, world

__all__ = ["make_world", "on_a_terminal", "singer", "world"]
