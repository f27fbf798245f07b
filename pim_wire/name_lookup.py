"""What a host name resolves to, asked in a thread of its own: the system's call can be neither timed nor ended."""

import ipaddress
import queue
import socket
import threading
from typing import Any

from pim_wire.deadline import SLICE_SECONDS, Deadline

Address = tuple[Any, ...]


def look_up(
    host: str, port: int | None, family: int, deadline: Deadline | None, timeout: float | None
) -> list[Address]:
    """As ``socket.getaddrinfo`` for TCP.

    Raises socket.gaierror, TimeoutError after the timeout or the deadline, Interrupted some seconds after a stop.
    """
    if deadline is None or _is_address(host):
        return list(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM))
    return _awaited(host, port, family, deadline, timeout)


def _awaited(host: str, port: int | None, family: int, deadline: Deadline, timeout: float | None) -> list[Address]:
    answers: queue.SimpleQueue[list[Address] | BaseException] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, family, socket.SOCK_STREAM)))
        except BaseException as failure:  # noqa: BLE001 - raised again where it was asked for
            answers.put(failure)

    threading.Thread(target=ask, name=f"look up {host}", daemon=True).start()
    silence = 0.0
    while True:
        deadline.check()
        try:
            answer = answers.get(timeout=SLICE_SECONDS)
        except queue.Empty:
            silence += SLICE_SECONDS
            deadline.silent(SLICE_SECONDS)
            if timeout is not None and silence >= timeout:
                raise TimeoutError(f"{host} was not resolved within {timeout:g} s") from None
            continue
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
