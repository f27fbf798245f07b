"""An end to an answer that drips: a timeout ends a silence, a patience ends an answer that never becomes whole.

It is asked before each read of the socket, so that status line, headers, sizes of chunks and body are bounded alike. A
read that has begun still has its timeout: an answer ends one timeout after its patience at the latest.
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
    """How long an answer may take until it is whole; with ``renew`` until its next sign of progress."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self.seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Begin anew: a request is sent, or a line has come."""
        self._until = self._clock.now() + self.seconds

    @property
    def is_over(self) -> bool:
        """Whether the answer took too long."""
        return self._clock.now() > self._until

    @contextmanager
    def held(self) -> Iterator[None]:
        """Answers to what this thread sends inside have this patience, also when they are read later."""
        token = _HELD.set(self)
        try:
            yield
        finally:
            _HELD.reset(token)


_HELD: ContextVar[Deadline | None] = ContextVar("patience", default=None)


def arriving(response: requests.Response) -> Iterator[bytes]:
    """The body of a streamed answer in the pieces in which it comes, decompressed, none longer than ``PIECE_BYTES``.

    Unlike ``iter_content``, which waits until a piece is full. Raises requests.ConnectionError.
    """
    is_encoded = "content-encoding" in response.headers  # a plain one need not pass by the decoder's buffer
    try:
        while piece := response.raw.read1(PIECE_BYTES, decode_content=is_encoded):
            yield piece
    except HTTPError as error:
        raise requests.ConnectionError(error) from None


class _PatientRead(io.RawIOBase):
    """Reads from a socket as long as the patience lasts."""

    def __init__(self, raw: io.RawIOBase, patience: Deadline) -> None:
        self._raw = raw
        self._patience = patience

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer) -> int | None:
        """As the socket. Raises TimeoutError when patience is at its end."""
        if self._patience.is_over:
            raise TimeoutError(f"not whole after {self._patience.seconds:g} s")
        return self._raw.readinto(buffer)

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


class DeadlineResponse(http.client.HTTPResponse):
    """``response_class`` of a connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if (patience := _HELD.get()) is not None:
            self.fp = io.BufferedReader(_PatientRead(self.fp.detach(), patience), PIECE_BYTES)


class _Connection(HTTPConnection):
    response_class = DeadlineResponse
    debuglevel = 0  # of http.client: it would print the keys to stdout, whoever in this process raises it


class _SecureConnection(HTTPSConnection):
    response_class = DeadlineResponse
    debuglevel = 0


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}
