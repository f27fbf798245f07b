"""What Medipim sent that the schema did not have: named once a run, with its place and type and never a value. Pure.

New fields arrive without notice (docs/api/medipim.md#new-fields).
"""

MAX_PATHS = 50
Path = tuple[str, ...]


class Drift:
    """The fields and types of one stream that its schema did not have."""

    def __init__(self) -> None:
        self._kinds: dict[str, dict[str, str]] = {title: {} for title in (_NEW, _NOT_KEPT, _OTHER, _OTHER_NOT_KEPT)}

    def note_unknown(self, path: Path, kind: str, *, is_kept: bool) -> None:
        """A field that no schema names."""
        self._note(_NEW if is_kept else _NOT_KEPT, path, kind)

    def note_other(self, path: Path, kind: str, *, is_kept: bool) -> None:
        """A value of a type that its field does not have."""
        self._note(_OTHER if is_kept else _OTHER_NOT_KEPT, path, kind)

    def report(self) -> str | None:
        """One line for people, or None when everything was as the schema says."""
        return "; ".join(f"{title}: {_listed(kinds)}" for title, kinds in self._kinds.items() if kinds) or None

    def _note(self, title: str, path: Path, kind: str) -> None:
        kinds = self._kinds[title]
        if len(kinds) < MAX_PATHS:
            kinds.setdefault(".".join(path), kind)


_NEW = "fields that the schema did not have, declared and kept (unknown_fields: extend)"
_NOT_KEPT = "fields that the schema does not have, left out"
_OTHER = "values of another type than the schema had, declared and kept"
_OTHER_NOT_KEPT = "values of another type than the schema has, left out"


def _listed(kinds: dict[str, str]) -> str:
    more = " and more" if len(kinds) >= MAX_PATHS else ""
    return ", ".join(f"{path} ({kind})" for path, kind in sorted(kinds.items())) + more
