"""The files that a command is given: configuration, configured catalog, state. What they hold is never quoted."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import orjson
from airbyte_protocol_dataclasses.models import (
    AirbyteStream,
    ConfiguredAirbyteCatalog,
    ConfiguredAirbyteStream,
    DestinationSyncMode,
    SyncMode,
)

from pim_wire.errors import InvalidInput

Json = dict[str, Any]
_Enum = TypeVar("_Enum", bound=Enum)
_BOM = b"\xef\xbb\xbf"


def read_text(path: Path, option: str) -> bytes:
    """The text of a file. Raises InvalidInput, which names the option."""
    try:
        return path.read_bytes().removeprefix(_BOM)
    except OSError as error:
        raise InvalidInput(f"{option} {path} cannot be read ({error.strerror}): give the path of a file") from None


def read_json(path: Path, option: str) -> Any:
    """The JSON of a file. Raises InvalidInput, which says where it ends to be JSON."""
    text = read_text(path, option)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput(f"{option} {path} is not JSON ({where}): give the file as Airbyte writes it") from None


def configured(value: Any) -> ConfiguredAirbyteCatalog:
    """The configured catalog, what is not known in it left out. Raises InvalidInput."""
    streams = value.get("streams") if isinstance(value, dict) else None
    if not isinstance(streams, list) or not all(isinstance(each, dict) for each in streams):
        raise InvalidInput("The configured catalog has no list of streams")
    found = [_stream(each) for each in streams]
    named = [(each.stream.namespace, each.stream.name) for each in found]
    if twice := sorted({name for (space, name) in named if named.count((space, name)) > 1}):
        raise InvalidInput(f"The configured catalog has a stream twice: {', '.join(twice)[:200]}")
    return ConfiguredAirbyteCatalog(found)


def _stream(entry: Json) -> ConfiguredAirbyteStream:
    stream = entry.get("stream")
    name = stream.get("name") if isinstance(stream, dict) else None
    if not isinstance(stream, dict) or not isinstance(name, str) or not name:
        raise InvalidInput("The configured catalog has a stream without a name")
    if not isinstance(stream.get("json_schema", {}), dict):
        raise InvalidInput(f"The schema of {name[:80]} in the configured catalog is no object")
    told = f"of {name[:80]} in the configured catalog"
    offered = [
        _one_of(SyncMode, mode, f"supported_sync_modes {told}") for mode in stream.get("supported_sync_modes") or []
    ]
    read = _one_of(SyncMode, entry.get("sync_mode"), f"sync_mode {told}")
    written = _one_of(DestinationSyncMode, entry.get("destination_sync_mode"), f"destination_sync_mode {told}")
    own = {"json_schema": {}, **_known(AirbyteStream, stream), "supported_sync_modes": offered}
    rest = _known(ConfiguredAirbyteStream, entry)
    return ConfiguredAirbyteStream(
        **{**rest, "stream": AirbyteStream(**own), "sync_mode": read, "destination_sync_mode": written}
    )


def _known(model: Callable[..., Any], values: Mapping[str, Any]) -> Json:
    """Of the values those that the model has: newer versions of the protocol add others."""
    names = {each.name for each in fields(model)}  # type: ignore[arg-type]  # a dataclass
    return {name: value for name, value in values.items() if name in names}


def _one_of(kind: type[_Enum], value: Any, where: str) -> _Enum:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(each.value) for each in kind)
        raise InvalidInput(f"{where} is {str(value)[:40]!r}: it must be one of {known}") from None
