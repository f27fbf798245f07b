"""The shop of the target's tests, for the report of a real run."""

from tests.target.conftest import make_world, singer, world

__all__ = ["make_world", "singer", "world"]
