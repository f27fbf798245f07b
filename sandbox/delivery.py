"""Sending an answer, whole or broken as the fault script wants it (docs/faults.md)."""

import asyncio
import itertools
import socket
import struct
import zlib
from collections.abc import Iterator
from email.utils import formatdate
from http import HTTPStatus

from sandbox.exchange import JSON_TYPE, Answer, Asgi, Call, Host
from sandbox.faults import STREAM_KINDS, Fault
from sandbox.server import TRANSPORT
from sandbox.stream_faults import broken_lines

LINES_PER_CHUNK = 48
HTML_ERROR = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
LOGIN_PAGE = b"<html><body><form action='/login'>Please sign in to the network</form></body></html>"


class Delivery:
    """One answer on its way to one client."""

    def __init__(self, service: Host, scope: Asgi, receive: Asgi, send: Asgi, call: Call) -> None:
        """Keep the ASGI trio of this call."""
        self._service = service
        self._transport = scope[TRANSPORT]
        self._receive = receive
        self._send = send
        self._call = call

    async def run(self, answer: Answer, fault: Fault | None) -> None:
        """Send the answer, or what the fault makes of it."""
        stream_fault = fault is not None and fault.kind in STREAM_KINDS
        if fault is None or (stream_fault and answer.lines is None):
            await self._whole(answer)
        elif stream_fault:
            await self._broken_stream(answer, fault)
        else:
            await self._faulty(answer, fault)

    async def _faulty(self, answer: Answer, fault: Fault) -> None:
        match fault.kind:
            case "drop_before" | "drop_after":
                self._service.record(self._call, 0)
                await self._abort(reset=True)
            case "hang":
                self._service.record(self._call, 0)
                await self._gone()
            case "slow":
                self._service.record(self._call, answer.status)  # when it was handled: the client may be gone later
                await asyncio.sleep(fault.delay)
                await self._sent(answer)
            case "drip":
                await self._drip(answer, fault)
            case "truncate_json" | "short_length":
                await self._short(answer, chunked=fault.kind == "truncate_json")
            case _:
                await self._whole(self._instead(fault))

    def _instead(self, fault: Fault) -> Answer:
        headers = {"content-type": JSON_TYPE, **{k.lower(): v for k, v in fault.headers.items()}}
        body = fault.body.encode() if isinstance(fault.body, str) else fault.body
        match fault.kind:
            case "redirect":
                return Answer(302, body or b"", {**headers, "location": fault.url})
            case "html":
                return Answer(200, body or LOGIN_PAGE, {**headers, "content-type": "text/html"})
            case "empty":
                return Answer(200, b"", headers)
            case "status_zero":
                return Answer(200, body or self._service.status_zero(), headers)
        if body is None and fault.status == HTTPStatus.BAD_GATEWAY:
            return Answer(502, HTML_ERROR, {**headers, "content-type": "text/html"})
        return Answer(fault.status, self._service.error_body(fault.status) if body is None else body, headers)

    async def _whole(self, answer: Answer) -> None:
        self._service.record(self._call, answer.status)
        await self._sent(answer)

    async def _sent(self, answer: Answer) -> None:
        if answer.lines is not None:
            await self._start(answer.status, answer.headers)
            await self._lines(answer.lines, packer_for(answer))
            await self._end()
            return
        headers = dict(answer.headers)
        if answer.status != HTTPStatus.NO_CONTENT:
            headers["content-length"] = str(len(answer.body))
        await self._start(answer.status, headers)
        await self._end(b"" if self._call.method == "HEAD" else answer.body)

    async def _short(self, answer: Answer, *, chunked: bool) -> None:
        """Half a JSON body: properly ended (``truncate_json``), or shorter than its Content-Length."""
        self._service.record(self._call, answer.status)
        half = answer.body[: len(answer.body) // 2]
        headers = dict(answer.headers)
        headers["content-length"] = str(len(half) if chunked else len(answer.body))
        await self._start(answer.status, headers)
        if chunked:
            await self._end(half)
            return
        await self._part(half)
        await self._abort(reset=False)

    async def _drip(self, answer: Answer, fault: Fault) -> None:
        """One byte each ``delay`` seconds."""
        self._service.record(self._call, answer.status)
        body = answer.body or b"".join(answer.lines or ())
        await self._start(answer.status, {**answer.headers, "content-length": str(len(body))})
        for i in range(len(body)):
            if self._transport.is_closing():  # the client went away
                return
            await self._part(body[i : i + 1])
            await asyncio.sleep(fault.delay)
        await self._end()

    async def _broken_stream(self, answer: Answer, fault: Fault) -> None:
        assert answer.lines is not None  # noqa: S101 - run() has looked
        self._service.record(self._call, answer.status)
        if fault.kind == "close_end":
            await self._close_delimited(answer, fault)
            return
        headers = dict(answer.headers)
        packer = packer_for(answer)
        if fault.kind == "half_gzip":
            headers["content-encoding"] = "gzip"
            packer = GzipPacker()
        await self._start(answer.status, headers)
        await self._lines(broken_lines(answer.lines, fault), packer, finish=fault.kind != "half_gzip")
        await self._finish_broken(fault, answer.lines)

    async def _finish_broken(self, fault: Fault, rest: Iterator[bytes]) -> None:
        if fault.kind in {"cut_mid_line", "cut_at_line_end"}:
            await self._abort(reset=False)
            return
        if fault.kind == "stall":
            await asyncio.sleep(fault.delay)
            await self._lines(rest, PlainPacker())
        await self._end()

    async def _close_delimited(self, answer: Answer, fault: Fault) -> None:
        """A body without length that just ends: no client can see that anything is missing."""
        assert answer.lines is not None  # noqa: S101 - run() has looked
        head = f"HTTP/1.1 200 OK\r\ncontent-type: {answer.headers['content-type']}\r\nconnection: close\r\n\r\n"
        self._transport.write(head.encode() + b"".join(itertools.islice(answer.lines, fault.after_lines)))
        self._transport.close()
        await self._gone()

    async def _lines(self, lines: Iterator[bytes], packer: "PlainPacker", *, finish: bool = True) -> None:
        while part := b"".join(itertools.islice(lines, LINES_PER_CHUNK)):
            if self._service.line_delay:
                await asyncio.sleep(self._service.line_delay)
            await self._part(packer.pack(part))
        tail = packer.finish() if finish else b""
        if tail:
            await self._part(tail)

    async def _start(self, status: int, headers: dict[str, str]) -> None:
        if self._service.date is not None:
            headers = {"date": formatdate(self._service.date(), usegmt=True), **headers}
        pairs = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})

    async def _part(self, body: bytes) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": True})

    async def _end(self, body: bytes = b"") -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def _abort(self, *, reset: bool) -> None:
        """Cut the connection: with RST, or with FIN so that what was sent still arrives."""
        connection = self._transport.get_extra_info("socket")
        if reset and connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._transport.abort()
        else:
            self._transport.close()
        await self._gone()

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


class PlainPacker:
    """Sends parts as they are."""

    def pack(self, part: bytes) -> bytes:
        """Return the bytes for the wire."""
        return part

    def finish(self) -> bytes:
        """Return what is left."""
        return b""


class GzipPacker(PlainPacker):
    """Compresses and flushes each part, as a streaming proxy does."""

    def __init__(self) -> None:
        """Use the gzip container."""
        self._gzip = zlib.compressobj(wbits=31)

    def pack(self, part: bytes) -> bytes:
        """Compress and flush, so that the client can read up to here."""
        return self._gzip.compress(part) + self._gzip.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        """Write the trailer."""
        return self._gzip.flush()


def packer_for(answer: Answer) -> PlainPacker:
    """Choose by the content encoding that the service announced."""
    return GzipPacker() if answer.headers.get("content-encoding") == "gzip" else PlainPacker()
