"""What Medipim calls its own attributes: learnt from its two streams, kept in the ledger for nights without them.

See docs/api/medipim.md#reference-records. A product names its options and the code of their attribute; the name of the
attribute stands in the stream ``attributes`` alone. Options serve where a product does not name them.
"""

import json
from typing import Any

from target_micropim.services import Services

ATTRIBUTES, OPTIONS = "attributes", "attribute_options"
NAMES = "medipim_attribute_names"  # fact of the ledger


class AttributeNames:
    """Called by one thread; ``names`` are read by all."""

    def __init__(self, services: Services, names: dict[str, Any], options: dict[str, Any]) -> None:
        self._ledger = services.ledger
        settings = services.settings
        self._is_used = settings.profile == "medipim" and (
            settings.attributes_mode != "off" or bool(settings.attributes_to_description)
        )
        self._names = names
        self._options = options
        self._has_changed = False

    def load(self) -> None:
        """What earlier runs learnt."""
        if self._is_used and (known := self._ledger.fact(NAMES)):
            self._names.update(json.loads(known))

    def takes(self, stream: str) -> bool:
        """Whether the records of this stream are of use, though MicroPIM has no place for them."""
        return self._is_used and stream in {ATTRIBUTES, OPTIONS}

    def take(self, stream: str, record: Any) -> None:
        """Learn from a record; one without a code and a name teaches nothing."""
        if not self.takes(stream) or not isinstance(record, dict):
            return
        code, name = record.get("code"), record.get("name")
        if stream == OPTIONS:
            self._options[str(record.get("id"))] = {"type": record.get("type"), "name": name}
        elif isinstance(code, str) and code.strip() and name and self._names.get(code.strip()) != name:
            self._names[code.strip()] = name
            self._has_changed = True

    def save(self) -> None:
        """Keep what was learnt."""
        if self._has_changed:
            self._ledger.note(NAMES, json.dumps(self._names, ensure_ascii=False))
            self._has_changed = False
