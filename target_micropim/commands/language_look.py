"""``--check --input`` where nothing has decided the language: which ones the products of the file have."""

from collections.abc import Mapping, Sequence
from typing import Any

from target_micropim.catalog.languages import SourceLanguages
from target_micropim.sync.write import STREAM


class LanguageLook:
    """Takes the place of a run's pipeline, and judges no record."""

    def __init__(self, languages: SourceLanguages) -> None:
        self._languages = languages

    def takes(self, stream: str) -> bool:
        """Products and categories have languages; nothing is judged, so nothing is refused."""
        return bool(stream)

    def refusal(self, stream: str, schema: Mapping[str, Any], keys: Sequence[str]) -> str | None:
        """Nothing: the run itself refuses what it cannot use."""
        del stream, schema, keys
        return None

    def receive(self, stream: str, record: Any, _text: bytes | None = None, _within: tuple[str, ...] = ()) -> None:
        """Look at one record. Raises InvalidSettings when enough were looked at."""
        if stream in {STREAM, "categories"}:
            self._languages.look(record, is_product=stream == STREAM)

    def refuse(self, stream: str, kept: Any, reason: str) -> None:
        """A record that could not be read has no language."""

    def checkpoint(self, _state: dict[str, Any]) -> None:
        """No state leaves."""
