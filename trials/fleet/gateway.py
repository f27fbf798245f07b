"""An address that requests leave from: what a router does for an egress, on loopback."""

import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"
CHUNK = 65_536


class Gateway:
    """Passes connections on to a port of this machine, from one of the addresses 127.0.0.2 and up."""

    def __init__(self, port: int, address: str) -> None:
        self.address = address
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._serve(),), daemon=True)
        self._stop = asyncio.Event()
        self.url = ""

    def __enter__(self) -> Self:
        """Listen."""
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; connections end with it."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(timeout=5)

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._pass_on, HOST, 0)
        self.url = f"http://{HOST}:{server.sockets[0].getsockname()[1]}"
        self._listening.set()
        await self._stop.wait()
        server.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(HOST, self._port, local_addr=(self.address, 0))
        await asyncio.gather(_copy(reader, back), _copy(there, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while part := await reader.read(CHUNK):
            writer.write(part)
            await writer.drain()
    writer.close()
