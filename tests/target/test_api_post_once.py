"""A POST is carried out once, whatever the answers are."""

from typing import Any

import pytest

from pim_wire.errors import StopRun, Unclear
from target_micropim.api.post_once import PostOnce
from target_micropim.errors import RecordRejected


def answers(*given: Any) -> Any:
    """Gives the answers one by one; exceptions are raised."""
    rest = iter(given)

    def act() -> Any:
        found = next(rest)
        if isinstance(found, Exception):
            raise found
        return found

    return act


def test_a_post_is_repeated_only_after_two_looks_and_a_wait() -> None:
    """Look, wait, look again, post again: a slow server may still be at it."""
    log: list[str] = []
    once = PostOnce(lambda attempt: log.append(f"wait {attempt}"))
    post, look = answers(Unclear("?"), "made"), answers(None, None)

    def logged(name: str, act: Any) -> Any:
        return lambda: (log.append(name), act())[1]

    assert once.post(logged("post", post), logged("look", look), 3) == "made"
    assert log == ["post", "look", "wait 1", "look", "post"]


def test_what_appears_while_waiting_is_taken() -> None:
    """The second look finds it: no second POST."""
    once = PostOnce(lambda _attempt: None)
    assert once.post(answers(Unclear("?")), answers(None, "late"), 3) == "late"


def test_ten_fruitless_posts_in_a_row_stop_the_run() -> None:
    """One success in between and the count begins again."""
    once = PostOnce(lambda _attempt: None)

    def fruitless() -> None:
        once.post(answers(Unclear("500")), lambda: None, 1)

    for _ in range(9):
        with pytest.raises(RecordRejected):
            fruitless()
    assert once.post(lambda: "well", lambda: None, 1) == "well"
    for _ in range(9):
        with pytest.raises(RecordRejected):
            fruitless()
    with pytest.raises(StopRun, match="10 in a row"):
        fruitless()
