"""Connections that a stop ends, and whose TLS handshake fails in one of two ways.

A certificate that was judged is final. Whatever else ends a handshake (a load balancer that closes, a reset, silence)
is passing, and has sent nothing of the request.
"""

import errno
import os
import socket
import ssl
from typing import Any

from typing_extensions import override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.connection import allowed_gai_family
from urllib3.util.ssl_ import create_urllib3_context
from urllib3.util.ssl_match_hostname import CertificateError
from urllib3.util.wait import wait_for_write

from pim_wire.deadline import Deadline, DeadlineResponse, current_deadline, in_slices
from pim_wire.errors import Interrupted
from pim_wire.name_lookup import look_up

_UNDER_WAY = {errno.EINPROGRESS, errno.EWOULDBLOCK}


class HandshakeFailed(NewConnectionError):
    """The connection stood and TLS did not come about, for another reason than the certificate."""


def is_certificate_refused(error: BaseException | None) -> bool:
    """Whether a certificate was judged and refused, anywhere in the chain of a failure."""
    seen: set[int] = set()
    found = [error]
    while found:
        failure = found.pop()
        if not isinstance(failure, BaseException) or id(failure) in seen:
            continue
        if isinstance(failure, ssl.SSLCertVerificationError | CertificateError):
            return True
        seen.add(id(failure))
        found += [failure.__cause__, failure.__context__, getattr(failure, "reason", None), *failure.args]
    return False


def _connected(sock: socket.socket, address: Any, deadline: Deadline) -> socket.socket:
    """The socket, connected; a stop ends the wait for it."""
    timeout = sock.gettimeout()
    sock.settimeout(0)
    try:
        code = sock.connect_ex(address)
    finally:
        sock.settimeout(timeout)
    if code in _UNDER_WAY:
        in_slices(sock, deadline, _wait_until_connected, sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if code:
        raise OSError(code, os.strerror(code))
    return sock


def _wait_until_connected(sock: socket.socket) -> None:
    if not wait_for_write(sock, sock.gettimeout()):
        raise TimeoutError("timed out")


class StoppableConnection(HTTPConnection):
    """Connects as urllib3 does, to the first address that takes it, and is ended by a stop meanwhile."""

    @override
    def _new_conn(self) -> socket.socket:
        if (deadline := current_deadline()) is None:
            return super()._new_conn()
        try:
            return self._first_connected(deadline)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        except TimeoutError as error:
            raise ConnectTimeoutError(self, f"no connection within {self.timeout} s") from error
        except OSError as error:
            raise NewConnectionError(self, f"no connection: {error}") from error

    def _first_connected(self, deadline: Deadline) -> socket.socket:
        """Of all addresses of the name the first that takes a connection. Raises OSError, the last one's."""
        failure = OSError(f"{self.host} has no address")
        family = allowed_gai_family()
        timeout = self.timeout if isinstance(self.timeout, int | float) else None
        host = self._dns_host.strip("[]")
        for found, kind, protocol, _name, address in look_up(host, self.port, family, deadline, timeout):
            sock = socket.socket(found, kind, protocol)
            try:
                for option in self.socket_options or ():
                    sock.setsockopt(*option)
                sock.settimeout(timeout)
                return _connected(sock, address, deadline)
            except OSError as error:
                sock.close()
                failure = error
            except BaseException:
                sock.close()
                raise
        raise failure


class _StoppableTlsSocket(ssl.SSLSocket):
    """A TLS socket whose handshake a stop ends."""

    @override
    def do_handshake(self, block: bool = False) -> None:
        if (deadline := current_deadline()) is None:
            super().do_handshake(block)
        else:
            self._shake_hands(deadline)

    def _shake_hands(self, deadline: Deadline) -> None:
        try:
            in_slices(self, deadline, super().do_handshake)
        except Interrupted:
            self.close()  # the library does so for its own failures only
            raise


class _Connection(StoppableConnection):
    response_class = DeadlineResponse
    debuglevel = 0  # other code in this process may raise http.client's, which prints the keys to stdout


class _SecureConnection(StoppableConnection, HTTPSConnection):
    response_class = DeadlineResponse
    debuglevel = 0

    @override
    def connect(self) -> None:
        """As the library's. Raises HandshakeFailed for whatever else than a certificate ends a handshake."""
        if self.ssl_context is None:
            self.ssl_context = create_urllib3_context()
        self.ssl_context.sslsocket_class = _StoppableTlsSocket
        try:
            super().connect()
        except (ssl.SSLError, ConnectionError, TimeoutError) as failure:
            if is_certificate_refused(failure):
                raise
            raise HandshakeFailed(self, f"no TLS: {type(failure).__name__}") from failure


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}
