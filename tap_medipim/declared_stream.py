"""A stream whose SCHEMA is the truth: no record holds what the last one does not declare (docs/decisions/0041).

The schema is that of the catalog, or the tap's own; it grows by what Medipim sends and no schema has. Selection, stream
maps and flattening are the SDK's, and their schema and records are made to agree.
"""

from collections.abc import Generator
from datetime import UTC, datetime
from functools import cached_property, lru_cache, partial
from typing import Any

from singer_sdk import Tap
from singer_sdk.exceptions import MapExpressionError
from singer_sdk.helpers._catalog import get_selected_schema, pop_deselected_record_properties
from singer_sdk.mapper import CustomStreamMap, PluginMapper, RemoveRecordTransform, SameRecordTransform, StreamMap
from singer_sdk.singerlib import Catalog, Metadata, RecordMessage, SchemaMessage
from singer_sdk.streams import Stream
from typing_extensions import override

from pim_wire.errors import InvalidInput, InvalidSettings
from pim_wire.schema_copies import QuickCopies, copied, copied_schema
from tap_medipim.bad_rows import bad_row
from tap_medipim.bookmark_state import REPLICATION_KEY
from tap_medipim.conform import Conformer
from tap_medipim.mapped import declared_schema, fitted
from tap_medipim.resources import Resource
from tap_medipim.run import Run
from tap_medipim.schema_types import is_declared
from tap_medipim.selection import is_wanted

_UNWORKABLE = (MapExpressionError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
MOST_PATHS = 1000  # of new fields, of which is remembered whether they are selected


class DeclaredStream(Stream):
    """Writes SCHEMA messages, also in the middle of a stream, and records that keep to them."""

    def __init__(self, tap: Tap, schema: dict[str, Any], resource: Resource, run: Run) -> None:
        super().__init__(tap, schema=schema, name=resource.name)
        self.resource = resource
        self.primary_keys = ["id"]
        if resource.incremental:
            self.replication_key = REPLICATION_KEY
        self.version = 0  # of the schema that was written last
        self._run_of = run
        self._maps_declared: list[tuple[StreamMap, dict[str, Any]]] = []

    @cached_property
    def conformer(self) -> Conformer:
        """What records are compared with: the schema that was declared, and what is new since."""
        wanted = lru_cache(MOST_PATHS)(partial(is_wanted, self.mask, self._declared))
        return Conformer(self._declared, self._run_of.settings.unknown_fields, wanted)

    @property
    def _declared(self) -> dict[str, Any]:
        """All fields, selected or not: of the catalog that was given, else of this tap's own."""
        return self.effective_schema if is_declared(self.effective_schema) else self.schema

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """As the SDK's, but a catalog that leaves out keys, as older programs make them, takes none away.

        Neither does it choose another bookmark: what changed can be asked for by one field alone.
        """
        super().apply_catalog(catalog)
        self.primary_keys = self.primary_keys or ["id"]
        is_whole = not self.resource.incremental or self.forced_replication_method == "FULL_TABLE"
        self.forced_replication_method = "FULL_TABLE" if is_whole else None
        self.replication_key = None if is_whole else REPLICATION_KEY
        if self._input_schema and is_declared(self._input_schema):
            own = self.schema["properties"]
            needed = {name: own[name] for name in ("id", REPLICATION_KEY) if name in own}
            self._input_schema["properties"] = needed | self._input_schema["properties"]
        if unknown := [name for name in self.primary_keys if name not in self._declared["properties"]]:
            raise InvalidInput(
                f"The catalog's key of {self.name} is {', '.join(unknown)[:80]}, which is no field of it"
            )
        for name in filter(None, [*self.primary_keys, self.replication_key]):
            self.metadata["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC

    def register(self, mapper: PluginMapper) -> None:
        """Tell the mapper of the schema as it is selected now; a stream that is not selected needs no map."""
        if self.selected:
            schema = self.conformer.schema if "conformer" in self.__dict__ else self._declared
            is_whole = all(self.mask.values())
            chosen = (
                copied_schema(schema) if is_whole else get_selected_schema(self.name, QuickCopies(schema), self.mask)
            )
            try:
                mapper.register_raw_stream_schema(self.name, QuickCopies(chosen), self.primary_keys)
            except ValueError as error:  # the SDK's word for two columns of one name
                raise InvalidSettings(f"Settings stream_maps and flattening of {self.name}: {error}") from None
        else:  # nothing is written of it, so nothing is declared: a start reads thirteen schemas less
            mapper.stream_maps[self.name] = [SameRecordTransform(self.name, {}, self.primary_keys, None)]
        self._stream_maps = None
        maps = [each for each in mapper.stream_maps[self.name] if not isinstance(each, RemoveRecordTransform)]
        self._maps_declared = [(each, declared_schema(each)) for each in maps]

    def has_new_schema(self) -> bool:
        """Whether a record brought what was not declared yet."""
        return self.version != self.conformer.version

    def write_new_schema(self) -> None:
        """The schema has grown: it goes out before the record that needs it, unless what is new is not selected."""
        self.version = self.conformer.version
        before = [schema for _map, schema in self._maps_declared]
        self.register(self._tap.mapper)
        if self.selected and [schema for _map, schema in self._maps_declared] != before:
            self._write_schema_message()

    @override
    def _generate_schema_messages(self) -> Generator[SchemaMessage, None, None]:
        bookmark_keys = [self.replication_key] if self.replication_key else None
        for each, schema in self._maps_declared:
            yield SchemaMessage(each.stream_alias, schema, each.transformed_key_properties, bookmark_keys)

    @override
    def _process_record(self, record: Any, child_context: Any = None, partition_context: Any = None) -> None:
        """Nothing: no stream has others below it, and a filter that fails there would end the run."""

    @override
    def _generate_record_messages(self, record: dict[str, Any]) -> Generator[RecordMessage, None, None]:
        """As the SDK's; expressions see fields that are deselected as well, and what comes out is as declared."""
        maps = [each for each, _schema in self._maps_declared]
        whole = copied(record) if any(isinstance(each, CustomStreamMap) for each in maps) else record
        pop_deselected_record_properties(record, self.schema, self.mask)
        for each, schema in self._maps_declared:
            try:
                mapped = each.transform(whole if isinstance(each, CustomStreamMap) else record)
            except _UNWORKABLE as failure:  # a value that the expression cannot take costs this record alone
                reason = f"stream_maps: {failure}" if isinstance(failure, MapExpressionError) else "stream_maps"
                self._run_of.tell_bad_row(self.name, bad_row(record, f"a row of {self.name}", reason))
                continue
            if mapped is not None:
                fit, now = fitted(mapped, schema), datetime.now(UTC)
                yield RecordMessage(each.stream_alias, fit, version=self._stream_version, time_extracted=now)
