"""Coverage-guided fuzzing of what reads bytes from outside: ``make fuzz TARGET=lines TIME=60`` (docs/fuzzing.md).

Each target takes bytes and may end in nothing but the failures that have words. Needs the group ``fuzz``.
"""

import io
import json
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["pim_wire", "tap_medipim", "target_micropim"]):
    from pim_wire.errors import StopRun
    from pim_wire.limits import SizeLimits, is_nested_deeper
    from tap_medipim.errors import StreamBroken, StreamFailed
    from tap_medipim.filters import read_filter, refusals, split
    from tap_medipim.json_lines import read_results
    from tap_medipim.raw_rows import whole
    from tap_medipim.row_decoder import RowDecoder
    from target_micropim.errors import RecordRejected
    from target_micropim.lines import Unreadable
    from target_micropim.mapping.html import clean_html
    from target_micropim.mapping.medipim import MappingRules, map_product
    from target_micropim.mapping.native import native_category, native_product
    from target_micropim.mapping.public_url import is_public_url
    from target_micropim.mapping.texts import TextLimits
    from target_micropim.reader import OrjsonReader

BOUNDS = SizeLimits(line_bytes=512, nesting=16)
RULES = MappingRules(
    locales=("en", "nl", "fr"),
    currency="EUR",
    sku_template="{id}",
    create_status="draft",
    publishing_channels=("web",),
    media_formats=("huge", "large"),
    media_target_groups=frozenset({"public"}),
    allow_private_media_hosts=False,
    clean_html=clean_html,
    limits=TextLimits(on_too_long="cut"),
    with_attributes=True,
)


def lines(data: bytes) -> None:
    """The tap's reader: rows in order, or StreamBroken; wherever the network cuts."""
    size = 1 + (data[0] if data else 0)
    read = _rows([data[1:]])
    assert read == _rows([data[at : at + size] for at in range(1, len(data), size)])
    _rows([data[1:]], RowDecoder({"properties": {"id": {}, "meta": {}, "name": {}, "ean": {}}}))


def _rows(parts: list[bytes], decoder: RowDecoder | None = None) -> list[object] | None:
    """The rows; those left as text are decoded whole, since that may find more (``test_row_decoder.py`` compares)."""
    try:
        return [whole(row) for row in read_results(parts, BOUNDS, decoder=decoder)]
    except (StreamBroken, StreamFailed):
        return None


def messages(data: bytes) -> None:
    """The target's reader: messages that can be used, rejects, or StopRun."""
    reader = OrjsonReader(BOUNDS)
    accepted: list[dict[str, object]] = []
    reason = ""
    kinds = ("RECORD", "SCHEMA", "STATE", "ACTIVATE_VERSION")
    try:
        reader.process_lines(io.BytesIO(data), dict.fromkeys(kinds, accepted.append))
    except StopRun as stop:
        reason = str(stop)
    assert "\n" not in reason
    for message in accepted:
        assert message["type"] in kinds
        if not isinstance(message.get("record"), Unreadable):
            assert not is_nested_deeper(json.dumps(message).encode(), BOUNDS.nesting)


def filters(data: bytes) -> None:
    """The filter setting: taken or refused in words."""
    try:
        conditions = read_filter(data.decode(errors="surrogateescape"))
    except ValueError:
        return
    if conditions and not list(refusals(conditions, "v4", "be")):
        assert split(conditions, "v4")


def mapping(data: bytes) -> None:
    """Any record, by either profile: a payload, or a reject with its reasons."""
    record = _parsed(data)
    if not isinstance(record, dict):
        return
    for map_record in (lambda: map_product(record, RULES), lambda: _native(record), lambda: native_category(record)):
        with suppress(RecordRejected):
            map_record()


def _native(record: dict[str, object]) -> object:
    return native_product(record, allow_private_media_hosts=False, with_attributes=True)


def _parsed(data: bytes) -> object:
    try:
        return None if is_nested_deeper(data, 64) else json.loads(data)
    except ValueError:
        return None


def html(data: bytes) -> None:
    """Cleaning is for good, or refused."""
    try:
        cleaned = clean_html(data.decode(errors="replace"))
    except ValueError:
        return
    assert clean_html(cleaned) == cleaned
    assert "<script" not in cleaned.lower()


def urls(data: bytes) -> None:
    """Judged, whatever it is."""
    url = data.decode(errors="surrogateescape")
    assert not is_public_url(url) or is_public_url(url, allow_private=True)


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (lines, messages, filters, mapping, html, urls)
}


def main() -> None:
    """``python -m trials.fuzz TARGET [libFuzzer's flags]``: new inputs go to a folder of their own."""
    name, *flags = sys.argv[1:]
    seeds = Path(__file__).parent / "seeds" / name
    new_inputs = Path(".fuzz") / name
    new_inputs.mkdir(parents=True, exist_ok=True)
    folders = [str(new_inputs), str(seeds)]
    atheris.Setup([sys.argv[0], *flags, f"-artifact_prefix={new_inputs}/", *folders], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
