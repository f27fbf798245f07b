"""A deadline for a whole answer: a timeout ends a silence, a deadline ends an answer that arrives byte by byte.

It is checked before each read of the socket, so that status line, headers, sizes of chunks and body are all bounded.
A silence is waited for in slices, over plain connections and TLS alike: a stop signal that reaches another thread ends
the read within seconds, however long the timeout is.
"""

import http.client
import io
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, TypeVar

import requests
from typing_extensions import Buffer, override
from urllib3.exceptions import HTTPError

from pim_wire.clock import Clock
from pim_wire.errors import Interrupted

PIECE_BYTES = 64 * 1024
SLICE_SECONDS = 0.25
STOP_SECONDS = 3.0  # what is under way when a stop is asked for may still take so long; five is promised
T = TypeVar("T")


class Deadline:
    """How long an answer may take until it is complete, or, with ``renew``, until its next sign of progress."""

    def __init__(self, clock: Clock, seconds: float, *, began: float | None = None) -> None:
        """From ``began`` on, a moment of the clock, or from now."""
        self._clock = clock
        self.seconds = seconds
        self._stop_seen_at: float | None = None
        self._silence_after_stop = 0.0
        self._expires_at = (clock.now() if began is None else began) + seconds

    def renew(self) -> None:
        """Start again: a request is sent, or a line has arrived."""
        self._expires_at = self._clock.now() + self.seconds

    @property
    def has_passed(self) -> bool:
        """Whether the answer took too long."""
        return self._clock.now() > self._expires_at

    def check(self) -> None:
        """Raises TimeoutError after the deadline, and Interrupted when a stop was asked for some seconds ago.

        An answer to a write that is about to come is worth these seconds: without it the write is unclear.
        """
        now = self._clock.now()
        if now > self._expires_at:
            raise TimeoutError(f"not whole after {self.seconds:g} s")
        if not self._clock.stopped:
            return
        if self._stop_seen_at is None:
            self._stop_seen_at = now
        if max(now - self._stop_seen_at, self._silence_after_stop) >= STOP_SECONDS:
            raise Interrupted("stopped while an answer was awaited")

    def silent(self, seconds: float) -> None:
        """So long nothing came, by the socket's own measure."""
        if self._clock.stopped:
            self._silence_after_stop += seconds

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Answers to requests that this thread sends inside have this deadline, also when they are read later."""
        token = CURRENT.set(self)
        try:
            yield
        finally:
            CURRENT.reset(token)


# The deadline of what this thread sends now; ``applied`` sets it, and the wire for each of its attempts.
CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


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


def current_deadline() -> Deadline | None:
    """The deadline of what this thread sends now."""
    return CURRENT.get()


def in_slices(sock: socket.socket, deadline: Deadline, wait: Callable[..., T], *given: Any) -> T:
    """What ``wait(*given)`` gives, which waits for the socket; the socket's timeout is kept, however it is sliced.

    Raises TimeoutError after the socket's timeout or the deadline, Interrupted some seconds after a stop.
    """
    timeout = sock.gettimeout()
    silence = 0.0
    try:
        while True:
            deadline.check()
            step = SLICE_SECONDS if timeout is None else min(SLICE_SECONDS, timeout - silence)
            sock.settimeout(step)
            try:
                return wait(*given)
            except TimeoutError:
                silence += step
                if timeout is not None and silence >= timeout:
                    raise
                deadline.silent(step)
    finally:
        with suppress(OSError):  # it was closed
            sock.settimeout(timeout)


class _DeadlineReader(io.RawIOBase):
    """Reads from a socket until the deadline; ``raw`` is the socket's own file, which closes it."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer) -> int | None:
        """As the socket's own. Raises TimeoutError after the deadline, Interrupted after a stop."""
        return in_slices(self._sock, self._deadline, self._sock.recv_into, memoryview(buffer))

    @override
    def close(self) -> None:
        self._raw.close()
        super().close()


class DeadlineResponse(http.client.HTTPResponse):
    """The ``response_class`` of a connection: applies the current deadline to the socket."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        if (deadline := CURRENT.get()) is not None:
            self.fp = io.BufferedReader(_DeadlineReader(self.fp.detach(), sock, deadline), PIECE_BYTES)
