"""Whether a field that no catalog knows is selected, and what is odd about the choice of streams. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

Path = tuple[str, ...]


def is_wanted(mask: Mapping[Path, bool], schema: Mapping[str, Any], path: Path) -> bool:
    """Whether a field comes along, be it in the schema or new.

    ``mask`` says of each known field whether it is selected, by its breadcrumb. Who deselects more fields of an object
    than he selects has chosen those that he wants; who deselects a few does not want these.
    """
    breadcrumb: Path = ()
    node = schema
    for name in path:
        if not mask[breadcrumb]:
            return False
        known = node.get("properties", {})
        place: Path = (*breadcrumb, "properties", name.removesuffix("[]"))
        if place not in mask and name.removesuffix("[]") not in known:
            siblings = [mask[*breadcrumb, "properties", each] for each in known]
            if siblings.count(False) > siblings.count(True):
                return False
        if name.endswith("[]"):  # no catalog tells the fields of the items of a list apart
            return mask[place]
        breadcrumb, node = place, known.get(name, {})
    return mask[breadcrumb]


def remarks(
    selected: Iterable[str], asked: Iterable[str], known: Iterable[str], names: Mapping[str, Iterable[str]]
) -> Iterator[str]:
    """What is odd of the streams that are ``selected``, ``asked`` for by a catalog, or given ``names`` by maps."""
    chosen = list(selected)
    if absent := sorted(set(asked) - set(known)):
        yield f"The catalog selects {', '.join(absent)[:200]}: this market and version have no such stream"
    if not chosen:
        yield "No stream is selected: nothing is read"
    sources: dict[str, list[str]] = {}
    for stream in chosen:
        for name in set(names.get(stream, ())):
            sources.setdefault(name, []).append(stream)
    for name, streams in sources.items():
        if len(streams) > 1:
            yield f"{' and '.join(sorted(streams))} both go out as {name}: a loader makes one table of them"
