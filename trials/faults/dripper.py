"""A server whose answers never end."""

import contextlib
import itertools
import socket
import threading


class Dripper:
    """Sends a beginning, and then the same bytes again and again, to every client."""

    def __init__(self, beginning: bytes, drop: bytes) -> None:
        self._answer = (beginning, drop)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        pause = threading.Event()
        while True:
            try:
                connection, _peer = self._socket.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, contextlib.suppress(OSError):
                for part in itertools.chain(self._answer[:1], itertools.repeat(self._answer[1])):
                    connection.sendall(part)
                    pause.wait(0.0005)
