"""Keeps secrets out of all output: one list of secret values, one filter for the log."""

import base64
import json
import logging
import os
import re
import traceback
from collections.abc import Callable, Iterable
from functools import partial
from urllib.parse import quote, quote_plus, unquote, unquote_plus

MASK = "****"
_MIN_LENGTH = 4
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Redactor:
    """Replaces secret values, in plain, URL-quoted and base64 form, by a mask."""

    def __init__(self, secrets: Iterable[str], pairs: Iterable[tuple[str, str]] = ()) -> None:
        """``pairs`` are Basic credentials, which are sent joined and encoded. A user without a password is a token."""
        forms: set[str] = set()
        for secret in secrets:
            forms |= _forms(secret)
        for user, password in pairs:
            forms |= _forms(f"{user}:{password}") | _forms(password or user)
        self._pattern = re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None
        # the text with every secret masked: each value that is reported goes through it
        self.clean: Callable[[str], str] = partial(self._pattern.sub, MASK) if self._pattern else str

    def __eq__(self, other: object) -> bool:
        """Whether the other one masks the same: a handler keeps one of them, however many runs a process has."""
        return isinstance(other, Redactor) and self._pattern == other._pattern

    def __hash__(self) -> int:
        """The same for equal ones."""
        return hash(self._pattern)

    def excerpt(self, text: str, limit: int = 200) -> str:
        """One printable, masked line of at most ``limit`` characters, for messages that quote a server."""
        line = _UNPRINTABLE.sub(" ", self.clean(text)).strip()
        return line if len(line) <= limit else line[: limit - 1] + "…"

    def install(self) -> None:
        """Filter the records of every handler, including those of a user's own log configuration."""
        loggers = [logging.getLogger(), *logging.getLogger().manager.loggerDict.values()]
        for logger in loggers:
            for handler in getattr(logger, "handlers", ()):  # a PlaceHolder has none
                handler.addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record: logging calls this for each of a handler's filters. It lets every record through."""
        record.msg = self.clean(record.getMessage())
        record.args = None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = self.clean("".join(traceback.format_exception(*record.exc_info))).rstrip("\n")
            record.exc_info = None
        elif record.exc_text:  # another handler's filter or formatter has set it
            record.exc_text = self.clean(record.exc_text)
        return True


def passwords_in(url: str) -> set[str]:
    """Every part of a URL that may be a password, as written and decoded: before the host and among the options.

    A URL that no parser accepts, as with a slash in the password, is searched too.
    """
    _scheme, _, location = url.partition("://")
    authority, _, options = location.partition("?")
    userinfo, separator, _host = authority.rpartition("@")
    passwords = {userinfo.partition(":")[2]} if separator else set()
    for option in options.split("&"):
        name, _, value = option.partition("=")
        if "pass" in name.lower():
            passwords.add(value)
    return {form for password in passwords for form in (password, unquote(password), unquote_plus(password)) if form}


def _forms(secret: str) -> set[str]:
    """A secret in every form that it may appear in; none of a very short one: masking "1" would garble messages."""
    if len(secret) < _MIN_LENGTH:
        return set()
    encodings = {secret.encode("utf-8", "replace"), secret.encode("latin-1", "replace")}  # requests sends Latin-1
    encoded = {encode(data).decode() for data in encodings for encode in (base64.b64encode, base64.urlsafe_b64encode)}
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}
    escaped |= {json.dumps(form)[1:-1] for form in escaped}  # JSON quoted in a log that is JSON
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    return {secret} | quoted | escaped | encoded | {form.rstrip("=") for form in encoded}


def proxy_credentials() -> list[tuple[str, str]]:
    """User and password of each proxy in the environment, as written and as sent."""
    credentials: set[tuple[str, str]] = set()
    for address in (value for name, value in os.environ.items() if name.lower().endswith("_proxy")):
        userinfo, _at, _host = address.rpartition("@")
        user, _colon, password = userinfo.rpartition("//")[2].partition(":")
        credentials |= {(user, password), (unquote(user), unquote(password))}
    return sorted(credentials - {("", "")})
