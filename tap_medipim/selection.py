"""Whether a field that no catalog knows is selected. Pure."""

from collections.abc import Mapping
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
