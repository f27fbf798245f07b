"""uvicorn in a daemon thread, with a protocol that lets the application abort its TCP connection."""

import asyncio
import contextlib
import socket
import threading

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sandbox.exchange import Asgi

TRANSPORT = "sandbox.transport"


class AbortableProtocol(HttpToolsProtocol):
    """Puts the transport of the connection into the ASGI scope; faults need it."""

    def connection_made(self, transport: Asgi) -> None:
        """Wrap the application so that each of its scopes carries this connection's transport."""
        super().connection_made(transport)
        inner = self.app

        async def with_transport(scope: Asgi, receive: Asgi, send: Asgi) -> None:
            scope[TRANSPORT] = transport
            await inner(scope, receive, send)

        self.app = with_transport


class PromptServer(uvicorn.Server):
    """uvicorn looks for its end ten times a second; hundreds of short tests should not wait for that."""

    def __init__(self, config: uvicorn.Config) -> None:
        """Make the bell; its loop is known once the server runs."""
        super().__init__(config)
        self.settled = threading.Event()  # it listens, or it never will
        self._bell = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    async def main_loop(self) -> None:
        """Tick once a second (the Date header), end at once."""
        self._loop = asyncio.get_running_loop()
        self.settled.set()
        while not self.should_exit:
            await self.on_tick(0)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._bell.wait(), timeout=1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Cut every connection: nobody waits for the answers of a sandbox that ends."""
        del sockets
        for server in self.servers:
            server.close()
        for connection in tuple(self.server_state.connections):
            connection.transport.abort()

    def end(self) -> None:
        """Ring the bell, from any thread."""
        self.should_exit = True
        self.force_exit = True
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._bell.set)


_LEFT: list[int] = []  # ports that servers of this process had: an address that was seen before is digested only once


def _bound(port: int) -> socket.socket:
    # asyncio switches Nagle off only for sockets that say TCP; with it, each keep-alive answer costs 40 ms.
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
        made.listen()  # until then Linux would let another process bind it, too
    except BaseException:
        made.close()
        raise
    return made


def _bound_again() -> socket.socket:
    """A port that this process had before and nobody else took, or a new one."""
    while _LEFT:
        with contextlib.suppress(OSError):
            return _bound(_LEFT.pop())
    return _bound(0)


class ServerThread:
    """One service on one port of 127.0.0.1."""

    def __init__(self, app: Asgi, port: int, *, date_header: bool = True) -> None:
        """Bind at once, so that the port is known and a taken port fails here."""
        self._socket = _bound(port) if port else _bound_again()
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app, http=AbortableProtocol, ws="none", lifespan="off", loop="asyncio", log_config=None,
            access_log=False, proxy_headers=False, timeout_keep_alive=60, timeout_graceful_shutdown=1,
            server_header=False, date_header=date_header,
        )  # fmt: skip
        self._server = PromptServer(config)
        self._thread = threading.Thread(target=self._run, name=f"sandbox-{self.port}", daemon=True)

    @property
    def url(self) -> str:
        """The base URL without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_serving(self) -> bool:
        """Whether it was not told to stop."""
        return self._thread.is_alive() and not self._server.should_exit

    def start(self) -> None:
        """Serve, and return when connections are accepted."""
        self._thread.start()
        self._server.settled.wait()
        if not self._server.started:
            msg = "the sandbox server did not start"
            raise RuntimeError(msg)

    def ask_to_stop(self) -> None:
        """Stop soon, without waiting for hanging answers."""
        self._server.end()

    def join(self) -> None:
        """Wait for the end and free the port."""
        self._thread.join(timeout=5)
        self._socket.close()
        _LEFT.append(self.port)

    def _run(self) -> None:
        try:
            asyncio.run(self._server.serve(sockets=[self._socket]))
        finally:
            self._server.settled.set()
