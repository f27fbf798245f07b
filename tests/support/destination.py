"""What tests of ``destination-micropim`` share: messages of Airbyte's, and how a command ended."""

from typing import Any

import orjson

from tests.target.conftest import product

Json = dict[str, Any]
ANY = {"type": "object", "properties": {}}


class Ended:
    """How a command ended: its exit code and its messages, one a line."""

    def __init__(self, code: int, out: bytes) -> None:
        self.code = code
        self.lines = out.splitlines()
        self.messages = [orjson.loads(line) for line in self.lines]

    def of(self, kind: str) -> list[Json]:
        """What the messages of a kind hold."""
        member = {"CONNECTION_STATUS": "connectionStatus"}.get(kind, kind.lower())
        return [message[member] for message in self.messages if message["type"] == kind]

    @property
    def states(self) -> list[Json]:
        """The states that left."""
        return self.of("STATE")

    @property
    def warnings(self) -> str:
        """What was warned of."""
        return "\n".join(log["message"] for log in self.of("LOG") if log["level"] == "WARN")

    @property
    def error(self) -> Json:
        """The TRACE that ends the output."""
        error: Json = self.messages[-1]["trace"]["error"]
        return error


def stream(name: str, mode: str = "append_dedup", namespace: str | None = None, **more: Any) -> Json:
    """A configured stream."""
    schema = more.pop("json_schema", ANY)
    own = {"name": name, "json_schema": schema, "supported_sync_modes": ["full_refresh"], "namespace": namespace}
    return {"stream": own, "sync_mode": "full_refresh", "destination_sync_mode": mode, "primary_key": [["id"]], **more}


def record(name: str, data: Any, namespace: str | None = None) -> Json:
    """A RECORD."""
    return {"type": "RECORD", "record": {"stream": name, "namespace": namespace, "data": data, "emitted_at": 1}}


def state(name: str, blob: Any, namespace: str | None = None, **more: Any) -> Json:
    """A STATE of one stream."""
    descriptor = {"name": name} if namespace is None else {"name": name, "namespace": namespace}
    of_stream = {"stream_descriptor": descriptor, "stream_state": blob}
    return {"type": "STATE", "state": {"type": "STREAM", "stream": of_stream, **more}}


def products(*numbers: int) -> list[Json]:
    """Records of products."""
    return [record("products", product(number)) for number in numbers]
