"""No secret leaves in any form."""

import base64
import io
import logging
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

import pytest

from pim_wire.redaction import MASK, Redactor

SECRET = "hemli+g/ ön=skan"  # every encoding of it differs
FORMS = [
    SECRET,
    quote(SECRET, safe=""),
    quote(SECRET),
    quote_plus(SECRET),
    base64.b64encode(SECRET.encode()).decode(),
    base64.urlsafe_b64encode(SECRET.encode()).decode(),
    base64.b64encode(f"7:{SECRET}".encode()).decode(),
    f"7:{SECRET}",
]


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    """A handler of the root logger at DEBUG, filtered by the redactor."""
    text, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(text), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    redactor = Redactor([SECRET], [("7", SECRET)])
    others = [h for h in root.handlers if h is not handler]
    redactor.install()
    for other in others:
        other.removeFilter(redactor)
    yield logging.getLogger("deep.below"), text
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_a_secret_is_masked(form: str) -> None:
    """Plain, URL-quoted, base64 and as a Basic pair: the text around stays."""
    cleaned = Redactor([SECRET], [("7", SECRET)]).clean(f"before {form} after")
    assert cleaned == f"before {MASK} after"


def test_a_handler_keeps_one_filter_for_the_same_secrets(log: tuple[logging.Logger, io.StringIO]) -> None:
    """A process that hosts one run after another does not filter each line as often as it has run."""
    handler = next(h for h in logging.getLogger().handlers if getattr(h, "stream", None) is log[1])
    before = [(each, list(each.filters)) for each in logging.getLogger().handlers]
    try:
        for _run in range(3):
            Redactor([SECRET], [("7", SECRET)]).install()
        assert len(handler.filters) == 1
        Redactor([SECRET, "another secret"]).install()
        assert len(handler.filters) == 2
    finally:
        for each, filters in before:
            each.filters = filters


@pytest.mark.parametrize("form", FORMS)
def test_the_log_masks_message_arguments_and_exceptions(form: str, log: tuple[logging.Logger, io.StringIO]) -> None:
    """A secret in an argument or deep in a chain of exceptions at DEBUG level never reaches a handler."""
    logger, text = log
    logger.info("sent %s", {"Authorization": form})
    try:
        try:
            int(form + "x")
        except ValueError as error:
            raise RuntimeError(form) from error
    except RuntimeError as error:
        logger.debug("failed with %s", form, exc_info=error)
    assert "RuntimeError" in text.getvalue()
    assert form not in text.getvalue()
    assert SECRET not in text.getvalue()


@pytest.mark.parametrize("secret", ["", "1", "abc"])
def test_a_very_short_secret_does_not_garble_the_log(secret: str) -> None:
    """Masking "1" everywhere would make every number unreadable."""
    assert Redactor([secret]).clean("1 abc 1") == "1 abc 1"


def test_an_excerpt_is_one_short_printable_line() -> None:
    """What a server says is shortened, and cannot forge lines, colours or secrets."""
    excerpt = Redactor([SECRET]).excerpt(f"\x1b[31m{SECRET}\r\nERROR\u2028x\x9b" + "y" * 500)
    assert excerpt.isprintable()
    assert SECRET not in excerpt
    assert len(excerpt) == 200


def test_a_secret_at_the_cut_of_an_excerpt_is_masked_first() -> None:
    """Shortening never leaves half a secret."""
    assert SECRET[:6] not in Redactor([SECRET]).excerpt("z" * 192 + SECRET)
