"""A deadline for a whole answer: a timeout ends a silence, a deadline ends an answer that arrives byte by byte.

It is checked before each read of the socket, so that status line, headers, sizes of chunks and body are all bounded. A
read that has begun still has its timeout: an answer ends at the latest one timeout after its deadline.
"""

import http.client
import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import requests
from typing_extensions import Buffer, override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from pim_wire.clock import Clock

PIECE_BYTES = 64 * 1024


class Deadline:
    """How long an answer may take until it is complete, or, with ``renew``, until its next sign of progress."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self.seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Start again: a request is sent, or a line has arrived."""
        self._expires_at = self._clock.now() + self.seconds

    @property
    def has_passed(self) -> bool:
        """Whether the answer took too long."""
        return self._clock.now() > self._expires_at

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Answers to requests that this thread sends inside have this deadline, also when they are read later."""
        token = _CURRENT.set(self)
        try:
            yield
        finally:
            _CURRENT.reset(token)


_CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


def iter_body(response: requests.Response) -> Iterator[bytes]:
    """The body of a streamed answer in the pieces in which it arrives, decompressed, at most ``PIECE_BYTES`` each.

    ``iter_content`` would wait until a piece is full. Raises requests.ConnectionError.
    """
    is_encoded = "content-encoding" in response.headers  # a plain body can bypass the decoder's buffer
    try:
        while piece := response.raw.read1(PIECE_BYTES, decode_content=is_encoded):
            yield piece
    except HTTPError as error:
        raise requests.ConnectionError(error) from None


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until the deadline."""

    def __init__(self, raw: io.RawIOBase, deadline: Deadline) -> None:
        self._raw = raw
        self._deadline = deadline

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer) -> int | None:
        """As the socket's own. Raises TimeoutError after the deadline."""
        if self._deadline.has_passed:
            raise TimeoutError(f"not whole after {self._deadline.seconds:g} s")
        return self._raw.readinto(buffer)

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


class DeadlineResponse(http.client.HTTPResponse):
    """The ``response_class`` of a connection: applies the current deadline to the socket."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (deadline := _CURRENT.get()) is not None:
            self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), deadline), PIECE_BYTES)


class _Connection(HTTPConnection):
    response_class = DeadlineResponse
    debuglevel = 0  # other code in this process may raise http.client's, which prints the keys to stdout


class _SecureConnection(HTTPSConnection):
    response_class = DeadlineResponse
    debuglevel = 0


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}
